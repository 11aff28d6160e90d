/** JSON of which a test reads whatever property it expects. */
// biome-ignore lint/suspicious/noExplicitAny: a test that reads a property that is not there fails
export type Json = any;
