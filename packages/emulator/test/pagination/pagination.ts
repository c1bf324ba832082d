import { AuditLogs, OpenAiClient, Usage } from "@effect-openai/client"
import { Emulator, Store } from "@effect-openai/emulator"
import { Effect, Layer, Redacted, Stream } from "effect"
import { auditEntries, usageRows } from "../../src/internal/organization/documents.js"

/** What was found, and by how much the memory grew after the first pages, in bytes. */
interface Found {
  /** Entries that were there from the beginning. */
  readonly entries: number
  /** Those of them that were deleted before they were read. */
  readonly deleted: number
  /** Entries that were added behind the page, where they were read. */
  readonly added: number
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

const idOf = (index: number) => `audit_log-${index}`

const addEntry = (id: string, at: number) =>
  Effect.flatMap(Store.Store, (store) => {
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

const removeEntry = (id: string) => Effect.flatMap(Store.Store, (store) => store.remove(auditEntries, id))

const addRow = (id: string, at: number, model: string) =>
  Effect.flatMap(Store.Store, (store) =>
    store.set(usageRows, {
      id,
      created_at: at,
      kind: "completions",
      project_id: "proj_1",
      user_id: null,
      api_key_id: null,
      model,
      batch: false,
      size: null,
      source: null,
      input_tokens: 2,
      output_tokens: 1
    }))

/** Pages that are read before the memory is measured: the first requests compile what all requests need. */
const warm = 20

/** Measures the memory. A collection takes its time, so that few pages are measured. */
const meter = (every: number) => {
  let pages = 0
  let first: number | undefined
  let most = 0
  return {
    look: () => {
      if (pages++ >= warm && (pages - warm - 1) % every === 0) {
        const now = heap()
        first ??= now
        most = Math.max(most, now)
      }
    },
    found: () => ({ pages, heap: most - (first ?? most) })
  }
}

/**
 * Iterates over all entries. With each page an entry is added before the page, one within it and one behind it, and as many
 * are deleted: the last one of the page, whose ID is the cursor, and one behind it. Fails where an entry is skipped or comes
 * twice.
 */
const readEntries = (rows: number, start: number, { look }: ReturnType<typeof meter>) =>
  Effect.gen(function*() {
    const missing = new Set<number>()
    const added = new Set<string>()
    let expected = rows - 1
    let deleted = 0
    let count = 0
    let lastAdded: string | undefined

    const check = (id: string) => {
      if (added.delete(id)) return Effect.void
      while (missing.delete(expected)) {
        deleted++
        expected--
      }
      return id === idOf(expected--) ? Effect.void : Effect.dieMessage(`${id} instead of ${idOf(expected + 1)}`)
    }

    const change = (last: number) =>
      Effect.gen(function*() {
        const [within, behind, gone] = [last + 5, last - 150, last - 250]
        const id = (where: string) => `audit_log-${where}-${count}`
        yield* addEntry(id("new"), start + rows * spacing + 3600)
        yield* addEntry(id("within"), start + within * spacing)
        yield* removeEntry(idOf(last))
        if (lastAdded !== undefined) yield* removeEntry(lastAdded)
        lastAdded = id("new")
        if (gone > 0) {
          yield* addEntry(id("behind"), start + behind * spacing + 1)
          added.add(id("behind"))
          yield* removeEntry(idOf(gone))
          missing.add(gone)
        }
        count++
      })

    let read = 0
    yield* AuditLogs.list.pages({ limit: 100 }).pipe(
      Stream.runForEach(({ data }) =>
        Effect.gen(function*() {
          look()
          yield* Effect.forEach(data, ({ id }) => check(String(id)), { discard: true })
          read += data.length
          yield* change(expected + 1)
        })
      )
    )
    const entries = rows - 1 - expected
    if (added.size > 0) return yield* Effect.dieMessage(`${[...added].join()} are lost`)
    return { entries, deleted, added: read - (entries - deleted) }
  })

/** Iterates over usage by the minute, while rows of another model are added before and behind each page. */
const readUsage = (start: number, { look }: ReturnType<typeof meter>) =>
  Effect.gen(function*() {
    let buckets = 0
    let latest = 0
    let count = 0
    const add = (at: number) => Effect.suspend(() => addRow(`usage_added_${count++}`, at, "added"))
    const sums = yield* Usage.completions.pages({
      start_time: start,
      bucket_width: "1m",
      limit: 1440,
      group_by: ["model"]
    }).pipe(
      Stream.runFoldEffect({ requests: 0, tokens: 0 }, (sum, { data }) =>
        Effect.gen(function*() {
          look()
          for (const { results, start_time } of data) {
            if (start_time <= latest) return yield* Effect.dieMessage(`The bucket ${start_time} comes twice`)
            latest = start_time
            for (const { input_tokens = 0, model, num_model_requests = 0 } of results) {
              if (model === "added") continue
              sum.requests += num_model_requests
              sum.tokens += input_tokens
            }
          }
          buckets += data.length
          yield* add(latest - 60)
          yield* add(latest + 180)
          return sum
        }))
    )
    return { ...sums, buckets }
  })

/**
 * Iterates over all entries of an audit log and usage by the minute, while both are changed. Fails where an entry is skipped
 * or comes twice.
 */
export const paginate = <E, R>(rows: number, store: Layer.Layer<Store.Store, E, R>) =>
  Effect.gen(function*() {
    const now = Math.floor(Date.now() / 1000)
    const start = now - rows * spacing
    const all = Array.from({ length: rows }, (_, index) => index)
    const shared = yield* Store.Store
    for (let from = 0; from < rows; from += 1000) {
      yield* shared.transaction(Effect.forEach(all.slice(from, from + 1000), (index) =>
        Effect.zipRight(
          addEntry(idOf(index), start + index * spacing),
          addRow(`usage_${index}`, start + index * spacing, `model-${index % 3}`)
        ), { discard: true }))
    }
    const client = OpenAiClient.layer({ adminKey: Redacted.make("sk-admin"), baseUrl: "http://emulator.example/v1" })
      .pipe(
        Layer.provide(Emulator.layer({ store: Layer.succeed(Store.Store, shared) }))
      )
    return yield* Effect.gen(function*() {
      const since = Date.now()
      const entriesMeter = meter(100)
      const usageMeter = meter(10)
      const entries = yield* readEntries(rows, start, entriesMeter)
      const usage = yield* readUsage(start, usageMeter)
      const found: Found = {
        ...entries,
        ...usage,
        pages: entriesMeter.found().pages + usageMeter.found().pages,
        heap: Math.max(entriesMeter.found().heap, usageMeter.found().heap),
        millis: Date.now() - since
      }
      return found
    }).pipe(Effect.provide(client))
  }).pipe(Effect.provide(store))
