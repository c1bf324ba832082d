/** Whether tests run all of their cases, as `npm run soak` does. Default: a part of them. */
export const isSoak = process.env["SOAK"] !== undefined

/** Every nth of some cases, starting at the offset. All of them in a soak. */
export const part = <A>(cases: ReadonlyArray<A>, every: number, offset: number): ReadonlyArray<A> =>
  isSoak ? cases : cases.filter((_, index) => index % every === offset % every)
