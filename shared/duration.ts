/**
 * A duration in whole seconds. The type only accepts values that one of the functions below made, so that an option does not
 * have to name its unit. `madeBy` exists only in the type: if an author writes a plain number, the compiler's error shows its text.
 */
export type Duration = number & { readonly madeBy: "seconds(…), minutes(…), hours(…) or days(…)" };

export const seconds = (amount: number): Duration => amount as Duration;
export const minutes = (amount: number): Duration => seconds(amount * 60);
export const hours = (amount: number): Duration => minutes(amount * 60);
export const days = (amount: number): Duration => hours(amount * 24);
