/** A length of time, held in whole seconds: the unit is in the type, so no option has to name it. */
export type Duration = number & { readonly unit: "seconds" };

export const seconds = (amount: number): Duration => amount as Duration;
export const minutes = (amount: number): Duration => seconds(amount * 60);
export const hours = (amount: number): Duration => minutes(amount * 60);
export const days = (amount: number): Duration => hours(amount * 24);
