import { AuditLogs, OpenAiClient, Usage } from "@effect-openai/client"
import { Emulator, Store } from "@effect-openai/emulator"
import { Effect, Layer, Redacted, Stream } from "effect"
import { auditEntries, usageRows } from "../../src/internal/organization/documents.js"

/** What was found, and the most memory that it took, in bytes. */
interface Found {
  readonly entries: number
  readonly pages: number
  readonly buckets: number
  readonly requests: number
  readonly tokens: number
  readonly heap: number
  readonly millis: number
}

const heap = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** Seconds between two rows. */
const spacing = 6

const addEntry = (index: number, at: number) =>
  Effect.flatMap(Store.Store, (store) => {
    const id = `audit_log-${index}`
    const actor = {}
    const entry = {
      id,
      type: "project.archived" as const,
      effective_at: at,
      actor,
      "project.archived": { id: "proj_1" }
    }
    return store.set(auditEntries, {
      id,
      type: entry.type,
      effective_at: at,
      project_id: "proj_1",
      actor_ids: [],
      actor_email: null,
      resource_id: "proj_1",
      entry
    })
  })

const addRow = (index: number, at: number) =>
  Effect.flatMap(Store.Store, (store) =>
    store.set(usageRows, {
      id: `usage_${index}`,
      created_at: at,
      kind: "completions",
      project_id: "proj_1",
      user_id: null,
      api_key_id: null,
      model: `model-${index % 3}`,
      batch: false,
      size: null,
      source: null,
      input_tokens: 2,
      output_tokens: 1
    }))

/**
 * Iterates over all entries of an audit log and usage by the minute, while more of both are written. Fails where an entry is
 * skipped or comes twice.
 */
export const paginate = <E, R>(rows: number, store: Layer.Layer<Store.Store, E, R>) =>
  Effect.gen(function*() {
    const now = Math.floor(Date.now() / 1000)
    const start = now - rows * spacing
    const all = Array.from({ length: rows }, (_, index) => index)
    const shared = yield* Store.Store
    for (let from = 0; from < rows; from += 1000) {
      yield* shared.transaction(Effect.forEach(all.slice(from, from + 1000), (index) =>
        Effect.zipRight(addEntry(index, start + index * spacing), addRow(index, start + index * spacing)), {
        discard: true
      }))
    }
    const client = OpenAiClient.layer({ adminKey: Redacted.make("sk-admin"), baseUrl: "http://emulator.example/v1" })
      .pipe(
        Layer.provide(Emulator.layer({ store: Layer.succeed(Store.Store, shared) }))
      )
    return yield* Effect.gen(function*() {
      const before = heap()
      const since = Date.now()
      let most = before
      let added = rows
      let expected = rows
      let pages = 0
      const grow = Effect.suspend(() => {
        // A collection takes its time.
        if (pages++ % 100 === 0) {
          most = Math.max(most, heap())
        }
        const index = added++
        return Effect.zipRight(addEntry(index, now + 3600), addRow(index, now + 3600))
      })
      yield* AuditLogs.list.pages({ limit: 100 }).pipe(
        Stream.tap(() =>
          grow
        ),
        Stream.runForEach(({ data }) =>
          Effect.suspend(() => {
            for (const { id } of data) {
              expected--
              if (id !== `audit_log-${expected}`) return Effect.dieMessage(`${id} instead of ${expected}`)
            }
            return Effect.void
          })
        )
      )
      let buckets = 0
      const { requests, tokens } = yield* Usage.completions.pages({
        start_time: start,
        bucket_width: "1m",
        limit: 1440,
        group_by: ["model"]
      }).pipe(
        Stream.tap(() => grow),
        Stream.runFold({ requests: 0, tokens: 0 }, (sum, { data }) => {
          buckets += data.length
          for (const { input_tokens = 0, num_model_requests = 0 } of data.flatMap(({ results }) => results)) {
            sum.requests += num_model_requests
            sum.tokens += input_tokens
          }
          return sum
        })
      )
      const found: Found = {
        entries: rows - expected,
        pages,
        buckets,
        requests,
        tokens,
        heap: most - before,
        millis: Date.now() - since
      }
      return found
    }).pipe(Effect.provide(client))
  }).pipe(Effect.provide(store))
