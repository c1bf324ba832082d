import * as Contract from "@effect-openai/core/Usage"
import * as Effect from "effect/Effect"
import { now } from "../documents.js"
import { refused } from "../errors.js"

// The buckets of time of usage and costs, and the pages that they are returned in.

const widths = { "1m": 60, "1h": 3600, "1d": 86_400 } as const

/** A bucket of time, in seconds. */
interface Bucket {
  readonly start: number
  readonly end: number
}

export interface Range {
  readonly start_time: number
  readonly end_time?: number | undefined
  readonly bucket_width?: keyof typeof widths | undefined
  readonly limit?: number | undefined
  readonly page?: string | undefined
}

/** Where a page begins, and when its first page was requested: the end of the list without `end_time`. */
interface Cursor {
  readonly asked: number
  readonly start: number
}

const cursorBytes = 20

/** The same bytes as the API: the seconds and nanoseconds of one time, and the seconds of the other. */
const encode = ({ asked, start }: Cursor): string => {
  const bytes = Buffer.alloc(cursorBytes)
  bytes.writeBigInt64BE(BigInt(asked), 0)
  bytes.writeBigInt64BE(BigInt(start), 12)
  return `page_${bytes.toString("base64url")}`
}

const decode = (page: string): Cursor | undefined => {
  const bytes = Buffer.from(page.replace(/^page_/, ""), "base64url")
  if (!page.startsWith("page_") || bytes.length !== cursorBytes) return undefined
  return { asked: Number(bytes.readBigInt64BE(0)), start: Number(bytes.readBigInt64BE(12)) }
}

const cursorOf = ({ page, start_time }: Range) =>
  Effect.gen(function*() {
    // The end is excluded, so that of the present second is the next one.
    const first: Cursor = { asked: (yield* now) + 1, start: start_time }
    const cursor = page === undefined ? first : decode(page)
    return cursor !== undefined && cursor.start >= start_time
      ? cursor
      : yield* refused("Invalid page: it is not the next_page of a page of this list.", "page")
  })

const limitOf = ({ bucket_width = "1d", limit }: Range) => {
  const { default: usual, maximum } = Contract.limits[bucket_width]
  return limit === undefined || limit <= maximum
    ? Effect.succeed(limit ?? usual)
    : refused(`The limit of buckets of ${bucket_width} is at most ${maximum}, however you requested ${limit}.`, "limit")
}

/** The buckets from a time to another one, at most `limit`. They begin at multiples of their width. */
const bucketsOf = (start: number, end: number, width: number, limit: number): ReadonlyArray<Bucket> => {
  const buckets: Array<Bucket> = []
  for (let from = start; from < end && buckets.length < limit;) {
    const next = (Math.floor(from / width) + 1) * width
    buckets.push({ start: from, end: Math.min(next, end) })
    from = next
  }
  return buckets
}

const pageOf = (start: number, end: number, width: number, limit: number, asked: number) => {
  const buckets = bucketsOf(start, end, width, limit)
  const last = buckets.at(-1)
  const next_page = last === undefined || last.end >= end ? null : encode({ asked, start: last.end })
  return { buckets, width, next_page }
}

/** The buckets of usage: the first begins at the start itself, and the last ends at the end. */
export const ofUsage = (range: Range) =>
  Effect.gen(function*() {
    const { asked, start } = yield* cursorOf(range)
    const limit = yield* limitOf(range)
    return pageOf(start, range.end_time ?? asked, widths[range.bucket_width ?? "1d"], limit, asked)
  })

/** The buckets of costs, which are entire days in UTC. */
export const ofCosts = (range: Range) =>
  Effect.gen(function*() {
    const day = widths["1d"]
    const { asked, start } = yield* cursorOf(range)
    const end = Math.ceil((range.end_time ?? asked) / day) * day
    return pageOf(Math.floor(start / day) * day, end, day, range.limit ?? 7, asked)
  })
