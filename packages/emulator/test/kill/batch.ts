/** A batch whose server is killed at random moments, started again, and checked for its results. */
import { Batches, ChatCompletions, Files, type OpenAiClient } from "@effect-openai/client"
import type { Batch } from "@effect-openai/core/Batches"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Either, Random, Stream } from "effect"
import { readFileSync } from "node:fs"
import { clientOf, startServer } from "./start.js"

interface BatchReport {
  readonly requests: number
  readonly kills: number
  /** Requests with exactly one response, which is the one to this request. */
  readonly answeredOnce: number
  /** The maximum memory of the server's processes, in MB. */
  readonly serverMegabytes: number
  readonly problems: ReadonlyArray<string>
}

const idOf = (index: number): string => `request ${index}`

const requests = (count: number) =>
  Stream.map(Stream.range(1, count), (index) =>
    [idOf(index), {
      model: "gpt-4o-mini",
      messages: [{ role: "user" as const, content: `I am ${idOf(index)}` }]
    }] as const)

/** The maximum memory that a process has had. Only Linux states it. */
const peakOf = (pid: number): number => {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

const completedOf = ({ request_counts }: Batch): number => request_counts?.completed ?? 0

export const killBatch = ({ count, seed, times }: {
  readonly count: number
  readonly times: number
  readonly seed: number
}) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const filename = `${yield* fs.makeTempDirectoryScoped()}/data.db`
    let serverMegabytes = 0

    /** Runs with a server, which is killed in the end. */
    const withServer = <A, E>(use: Effect.Effect<A, E, OpenAiClient.OpenAiClient>) =>
      Effect.scoped(Effect.gen(function*() {
        const { baseUrl, kill, pid } = yield* startServer({ store: filename, model: "immediate", isLogged: true })
        const result = yield* Effect.provide(use, clientOf(yield* baseUrl))
        serverMegabytes = Math.max(serverMegabytes, peakOf(pid))
        yield* kill
        return result
      }))

    const { id: batch_id } = yield* withServer(Effect.gen(function*() {
      const file = yield* Batches.toFile(ChatCompletions.create, requests(count))
      const { id } = yield* Files.upload({ file, purpose: "batch" })
      return yield* Batches.create({ input_file_id: id, endpoint: "/v1/chat/completions", completion_window: "24h" })
    }))

    const retrieve = Batches.retrieve({ batch_id })
    let kills = 1
    let done = 0
    while (kills < times) {
      // The moment is a number of results, because time means little on a busy machine.
      const next: number = done + (yield* Random.nextIntBetween(1, Math.max(2, Math.floor(count / times))))
      const batch = yield* withServer(
        Effect.repeat(Effect.tap(retrieve, () => Effect.sleep("2 millis")), {
          until: (batch) => completedOf(batch) >= next || Batches.isEnded(batch)
        })
      )
      done = completedOf(batch)
      kills++
      if (Batches.isEnded(batch)) break
    }

    const { ended, results } = yield* withServer(Effect.gen(function*() {
      const ended = yield* Batches.poll({ batch_id }, { interval: "50 millis", maxInterval: "50 millis" })
      const ids = Array.from({ length: count }, (_, index) => idOf(index + 1))
      const results = yield* Stream.runCollect(Batches.results(ChatCompletions.create, ended, ids))
      return { ended, results }
    }))
    const problems: Array<string> = []
    if (ended.status !== "completed") problems.push(`The batch is ${ended.status}.`)
    let answeredOnce = 0
    for (const { custom_id, result } of results) {
      if (Either.isLeft(result)) problems.push(`${custom_id}: ${result.left.message}`)
      else if (!result.right.choices[0]!.message.content!.endsWith(`I am ${custom_id}`)) {
        problems.push(`${custom_id} has the response to another request.`)
      } else answeredOnce++
    }
    const report: BatchReport = { requests: count, kills, answeredOnce, serverMegabytes, problems }
    return report
  }).pipe(Effect.withRandom(Random.make(seed)), Effect.scoped, Effect.provide(NodeContext.layer))
