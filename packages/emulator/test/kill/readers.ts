/**
 * Two nodes on one database, and a run on one of them, which is killed. One reader reads the run's events on the other node from
 * the first one on, another one reads them on the first node, and takes them up again on the other one.
 */
import { Data, Effect, Fiber, Random, Ref } from "effect"
import { beginRun, type LongRun, statusOf, writtenOf } from "./longRuns.js"
import { awaitUntil, makeNodes, type Node } from "./nodes.js"
import { longText } from "./wording.js"

interface Options {
  readonly times: number
  readonly seed: number
  /** Called after each kill. */
  readonly onRound?: (round: number, problems: number) => void
}

interface Report {
  readonly kills: number
  /** The events of each run. */
  readonly events: ReadonlyArray<number>
  /** After how many milliseconds the other node's model began to reply. */
  readonly takeovers: ReadonlyArray<number>
  /** Those of them that took too long. */
  readonly late: ReadonlyArray<number>
  readonly problems: ReadonlyArray<string>
}

class ReadError extends Data.TaggedError("ReadError")<{ readonly message: string }> {}

interface Event {
  readonly id: number
  readonly event: string
  readonly data: any
}

/** How long another node may take until it has taken over, in milliseconds. */
const max = 8000

const patience = 60_000

/** All models write the same words. */
const writer = "p0"

/** How long a model replies, in milliseconds. */
const long = 6000

/** Reads events until there are no more, and returns whether they ended as they should. */
const read = ({ baseUrl }: Node, { path: { run_id, thread_id } }: LongRun, events: Ref.Ref<ReadonlyArray<Event>>) =>
  Effect.tryPromise({
    try: async (signal) => {
      const last = Effect.runSync(Ref.get(events)).at(-1)
      const response = await fetch(
        new URL(`/_emulator/threads/${thread_id}/runs/${run_id}/events`, baseUrl),
        {
          signal,
          headers: {
            authorization: "Bearer sk-kill",
            ...(last === undefined ? {} : { "last-event-id": String(last.id) })
          }
        }
      )
      if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
      let rest = ""
      const decoder = new TextDecoder()
      for await (const chunk of response.body!) {
        const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n")
        rest = blocks.pop()!
        for (const block of blocks) {
          const fields = new Map(
            block.split("\n").map((
              line
            ) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()])
          )
          const data = fields.get("data") ?? ""
          if (data === "[DONE]") return true
          const event = {
            id: Number(fields.get("id")),
            event: fields.get("event") ?? "",
            data: JSON.parse(data)
          }
          Effect.runSync(Ref.update(events, (all) => [...all, event]))
        }
      }
      return false
    },
    catch: (cause) => new ReadError({ message: String(cause) })
  })

const ends = ["completed", "failed", "cancelled", "expired"].map((status) => `thread.run.${status}`)

/** What is wrong with all events of a run. */
const problemsOf = (all: ReadonlyArray<Event>, text: string): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const gap = all.findIndex(({ id }, index) => id !== index + 1)
  if (gap !== -1) problems.push(`event ${all[gap]!.id} comes instead of event ${gap + 1}`)
  const written = all.filter(({ event }) => event === "thread.message.delta")
    .flatMap(({ data }) => data.delta.content.map((part: any) => part.text.value)).join("")
  if (written !== text) problems.push(`the pieces add up to ${JSON.stringify(written)}`)
  const ended = all.filter(({ event }) => ends.includes(event)).map(({ event }) => event)
  if (ended.join() !== "thread.run.completed") problems.push(`it has the ends ${ended}`)
  return problems
}

/** Kills the node of a run so many times. */
export const readers = ({ onRound, seed, times }: Options) =>
  Effect.gen(function*() {
    const nodes = yield* makeNodes
    const problems: Array<string> = []
    const counts: Array<number> = []
    const takeovers: Array<number> = []
    const start = nodes.start({ model: "slow", writer })
    yield* Effect.all([start, start], { concurrency: 2 })
    const text = longText(writer).join("")

    for (let round = 0; round < times; round++) {
      const [node, other] = yield* Random.shuffle(nodes.up)
      const run = yield* beginRun(nodes, node!, long)
      const onOther = yield* Ref.make<ReadonlyArray<Event>>([])
      const onBoth = yield* Ref.make<ReadonlyArray<Event>>([])
      const reading = yield* Effect.fork(read(other!, run, onOther))
      const readingFirst = yield* Effect.fork(read(node!, run, onBoth))
      const count = yield* Random.nextIntBetween(5, 30)
      yield* awaitUntil(
        Effect.map(
          Effect.all([Ref.get(onOther), Ref.get(onBoth)]),
          (all) => all.every(({ length }) => length >= count)
        ),
        patience
      )
      nodes.leave(node!)
      const killedAt = Date.now()
      yield* node!.server.kill
      yield* Fiber.await(readingFirst)
      const takenUp = yield* Effect.fork(read(other!, run, onBoth))
      for (
        const [name, fiber, events] of [["on the other node", reading, onOther], ["on both", takenUp, onBoth]] as const
      ) {
        const hasEnded = yield* Fiber.join(fiber).pipe(
          Effect.timeoutFail({
            duration: patience,
            onTimeout: () => new ReadError({ message: "There is no end." })
          }),
          Effect.catchTag("ReadError", ({ message }) => Effect.as(Effect.sync(() => problems.push(message)), false))
        )
        const all = yield* Ref.get(events)
        const found = problemsOf(all, text)
        if (!hasEnded || found.length > 0) {
          problems.push(
            `The events of run ${run.path.run_id} ${name} ${hasEnded ? "end" : "do not end"}: ${found.join(", ")}.`
          )
        }
      }
      const all = yield* Ref.get(onOther)
      counts.push(all.length)
      // The other node's model first repeats what the readers have, which is not emitted again.
      const repeatedAt = nodes.repeatedAt({ words: run.words, node: node!.name }, killedAt)
      if (repeatedAt !== undefined) takeovers.push(repeatedAt - killedAt)
      const written = yield* writtenOf(nodes, run)
      if ((yield* statusOf(nodes, run)) !== "completed" || written.length !== 1 || written[0]!.text !== text) {
        problems.push(`Run ${run.path.run_id} has the messages ${JSON.stringify(written)}.`)
      }
      yield* start
      onRound?.(round + 1, problems.length)
    }
    const late = takeovers.filter((millis) => millis > max)
    const report: Report = { kills: times, events: counts, takeovers, late, problems }
    return report
  }).pipe(Effect.withRandom(Random.make(seed)), Effect.scoped)
