/** The contract of the domain `sample`, for tests that synthesize it. Its triggers need an event that a contract exports. */
export { ThingDone } from "../definitions";
