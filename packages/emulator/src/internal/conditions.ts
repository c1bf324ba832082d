/** One of some values. */
export class OneOf {
  constructor(readonly values: ReadonlyArray<string>) {}
}

/** Limits of a number. */
export interface Limits {
  readonly gt?: number | undefined
  readonly gte?: number | undefined
  readonly lt?: number | undefined
  readonly lte?: number | undefined
}

/** A number within limits. */
export class Range {
  constructor(readonly limits: Limits) {}
}

const isWithin = (value: number, { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity }: Limits): boolean =>
  value > gt && value >= gte && value < lt && value <= lte

const fits = (value: unknown, wanted: unknown): boolean => {
  if (wanted instanceof OneOf) {
    return (Array.isArray(value) ? value : [value]).some((one) => wanted.values.includes(one))
  }
  return wanted instanceof Range ? typeof value === "number" && isWithin(value, wanted.limits) : value === wanted
}

/** The conditions, without those that are undefined. */
export const entriesOf = (where: object): ReadonlyArray<readonly [field: string, wanted: unknown]> =>
  Object.entries(where).filter(([, wanted]) => wanted !== undefined)

/** Whether a document has the values. */
export const matches = (where: object): (document: object) => boolean => {
  const wanted = entriesOf(where)
  return (document) => wanted.every(([field, value]) => fits((document as Record<string, unknown>)[field], value))
}

/** In ascending order of the buckets, then of the values that group. */
export const inOrder = <A extends { readonly time: number; readonly by: object }>(all: ReadonlyArray<A>): Array<A> => {
  const key = ({ by }: A) => JSON.stringify(Object.values(by))
  return [...all].sort((one, other) => one.time - other.time || (key(one) < key(other) ? -1 : 1))
}
