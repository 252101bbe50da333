/**
 * An object that is filled in field by field before it is given away as what it says. On the hot path: V8 makes a new
 * hidden class of every object that is spread together under conditions.
 */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
