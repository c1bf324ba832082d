/** Whether tests take the time for all of their cases, as `npm run soak` asks them to; otherwise they take a part. */
export const isSoak = process.env["SOAK"] !== undefined

/** Each so many-th of some cases, another part of them for each offset; all of them in a soak. */
export const part = <A>(cases: ReadonlyArray<A>, every: number, offset: number): ReadonlyArray<A> =>
  isSoak ? cases : cases.filter((_, index) => index % every === offset % every)
