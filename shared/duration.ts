/** A length of time, held in whole seconds: the type says how one is made, so that no option has to name its unit. */
export type Duration = number & { readonly madeBy: "seconds(…), minutes(…), hours(…) or days(…)" };

export const seconds = (amount: number): Duration => amount as Duration;
export const minutes = (amount: number): Duration => seconds(amount * 60);
export const hours = (amount: number): Duration => minutes(amount * 60);
export const days = (amount: number): Duration => hours(amount * 24);
