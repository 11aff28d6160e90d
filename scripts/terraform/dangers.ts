export * from "../delivery/dangers";
