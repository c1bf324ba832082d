import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { fromStore } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import * as Buckets from "./organization/buckets.js"
import * as Costs from "./organization/costs.js"
import { type UsageKind, type UsageNumbers, type UsageRow, usageRows } from "./organization/documents.js"
import { Settings } from "./settings.js"

interface Query extends Buckets.Range {
  readonly project_ids?: ReadonlyArray<string> | undefined
  readonly user_ids?: ReadonlyArray<string> | undefined
  readonly api_key_ids?: ReadonlyArray<string> | undefined
  readonly models?: ReadonlyArray<string> | undefined
  readonly sizes?: ReadonlyArray<string> | undefined
  readonly sources?: ReadonlyArray<string> | undefined
  readonly batch?: boolean | undefined
  readonly group_by?: ReadonlyArray<keyof UsageRow & string> | undefined
}

const whereOf = (query: Query): Store.Where<UsageRow> => ({
  project_id: Store.oneOf(query.project_ids),
  user_id: Store.oneOf(query.user_ids),
  api_key_id: Store.oneOf(query.api_key_ids),
  model: Store.oneOf(query.models),
  size: Store.oneOf(query.sizes),
  source: Store.oneOf(query.sources),
  batch: query.batch
})

type Page = Effect.Effect.Success<ReturnType<typeof Buckets.ofUsage>>

/** The sums of rows in the buckets of a page, by when a bucket begins. */
const sumsOf = (
  { buckets, width }: Page,
  kind: UsageKind,
  query: Pick<Store.Aggregate<UsageRow>, "by" | "sum" | "where">
) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const from = buckets[0]?.start ?? 0
    const to = buckets.at(-1)?.end ?? 0
    const all = yield* store.aggregate(usageRows, { parent: kind, from, to, width, ...query })
    // The first bucket may begin within its width.
    return all.map((sums) => ({ ...sums, time: Math.max(sums.time, from) }))
  })

const respond = <Result>({ buckets, next_page }: Page, resultsAt: (start: number) => ReadonlyArray<Result>) => ({
  object: "page" as const,
  data: buckets.map(({ end, start }) => ({
    object: "bucket" as const,
    start_time: start,
    end_time: end,
    results: resultsAt(start)
  })),
  has_more: next_page !== null,
  next_page
})

/** The fields of results that rows can be grouped by; all are there, and null without grouping. */
const caller = ["project_id", "user_id", "api_key_id", "model"] as const

/** One kind of usage: its groups, and the numbers of its results. */
const usage = <
  const Kind extends UsageKind,
  const Group extends keyof UsageRow & string,
  const Number extends keyof UsageNumbers
>(kind: Kind, groups: ReadonlyArray<Group>, numbers: ReadonlyArray<Number>) =>
({ urlParams }: { readonly urlParams: Query }) =>
  fromStore(Effect.gen(function*() {
    const page = yield* Buckets.ofUsage(urlParams)
    // In a fixed order, each once.
    const by = groups.filter((group) => urlParams.group_by?.includes(group))
    const sums = yield* sumsOf(page, kind, { by, sum: numbers, where: whereOf(urlParams) })
    const none = Object.fromEntries(groups.map((group) => [group, null])) as { readonly [K in Group]: null }
    return respond(page, (start) =>
      sums.filter(({ time }) => time === start).map(({ by, count, sum }) => ({
        object: `organization.usage.${kind}.result` as const,
        ...sum as { readonly [K in Number]: number },
        num_model_requests: count,
        ...none,
        // The rows have these values.
        ...by as { readonly [K in Group]: UsageRow[K] }
      })))
  }))

/** The costs of all kinds of usage. */
const costs = (query: Query & { readonly group_by?: ReadonlyArray<string> | undefined }) =>
  fromStore(Effect.gen(function*() {
    const { prices } = yield* Settings
    const page = yield* Buckets.ofCosts(query)
    const has = (group: string) => query.group_by?.includes(group) === true
    const totals = new Map<
      number,
      Map<string, { value: number; line_item: string | null; project_id: string | null }>
    >()
    for (const kind of Costs.billed) {
      const rows = yield* sumsOf(page, kind, {
        by: ["project_id", "model", "batch"],
        sum: Costs.summed,
        where: whereOf(query)
      })
      for (const row of rows) {
        for (const [item, dollars] of Costs.lineItems(kind, row, prices)) {
          const line_item = has("line_item") ? item : null
          const project_id = has("project_id") ? String(row.by["project_id"]) : null
          const key = JSON.stringify([line_item, project_id])
          const bucket = totals.get(row.time) ?? new Map()
          totals.set(row.time, bucket)
          const total = bucket.get(key) ?? { value: 0, line_item, project_id }
          bucket.set(key, { ...total, value: total.value + dollars })
        }
      }
    }
    return respond(page, (start) =>
      [...totals.get(start)?.values() ?? []].map(({ value, ...groups }) => ({
        object: "organization.costs.result" as const,
        amount: { value, currency: "usd" },
        ...groups
      })))
  }))

const tokens = ["input_tokens"] as const

export const layer = HttpApiBuilder.group(api, "Usage", (handlers) =>
  handlers
    .handle(
      "usage-completions",
      usage("completions", [...caller, "batch"], [
        "input_tokens",
        "input_cached_tokens",
        "output_tokens",
        "input_audio_tokens",
        "output_audio_tokens"
      ])
    )
    .handle("usage-embeddings", usage("embeddings", caller, tokens))
    .handle("usage-moderations", usage("moderations", caller, tokens))
    .handle("usage-images", usage("images", [...caller, "size", "source"], ["images"]))
    .handle("usage-audio-speeches", usage("audio_speeches", caller, ["characters"]))
    .handle("usage-audio-transcriptions", usage("audio_transcriptions", caller, ["seconds"]))
    .handle("usage-vector-stores", usage("vector_stores", ["project_id"], ["usage_bytes"]))
    .handle("usage-code-interpreter-sessions", usage("code_interpreter_sessions", ["project_id"], ["sessions"]))
    .handle("usage-costs", ({ urlParams: { group_by, ...query } }) => costs({ ...query, group_by } as Query)))
