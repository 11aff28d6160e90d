/** JSON whose properties a test can read without declaring a type. */
// biome-ignore lint/suspicious/noExplicitAny: a test that reads a property that is not there fails
export type Json = any;
