// biome-ignore lint/suspicious/noExplicitAny: tests look into JSON wherever they like
export type Json = any;
