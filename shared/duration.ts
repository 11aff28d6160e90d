/**
 * A duration in whole seconds. The type only accepts values that one of the functions below made, so that an option does not
 * have to name its unit. `madeBy` exists in the type only: a compiler error shows its text to an author who writes a plain number.
 */
export type Duration = number & { readonly madeBy: "seconds(…), minutes(…), hours(…) or days(…)" };

export const seconds = (amount: number): Duration => amount as Duration;
export const minutes = (amount: number): Duration => seconds(amount * 60);
export const hours = (amount: number): Duration => minutes(amount * 60);
export const days = (amount: number): Duration => hours(amount * 24);
