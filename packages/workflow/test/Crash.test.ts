import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Batch from "./crash/batch.js"
import { run } from "./crash/loop.js"
import { certain, hardest } from "./crash/survive.js"

type Loop = Effect.Effect.Success<ReturnType<typeof run>>

/** With `SOAK`, a loop dies at each of its points, and others die twice. */
const isLong = process.env["SOAK"] !== undefined

/** The outputs of the calls, by their IDs. */
const outputsOf = ({ steps }: Loop): ReadonlyArray<readonly [id: string, output: string]> =>
  steps.flatMap(({ step_details }) => {
    const { tool_calls = [] } = step_details as {
      readonly tool_calls?: ReadonlyArray<{ readonly id: string; readonly function: { readonly output: string } }>
    }
    return tool_calls.map((call) => [call.id, call.function.output] as const)
  })

/** Checks what a loop left behind: one run, one message, each output once, each call under one key. */
const check = (loop: Loop): void => {
  const { deaths, executed, messages, run: ended, runs } = loop
  assert.strictEqual(ended.status, "completed")
  assert.deepStrictEqual(runs.map(({ id }) => id), [ended.id])
  assert.strictEqual(messages.length, 1)
  const outputs = outputsOf(loop)
  assert.sameMembers(outputs.map(([, output]) => output), ["3", "7", "11"])
  const keys = new Map(executed.map(({ id, key }) => [id, key]))
  for (const { id, key } of executed) assert.strictEqual(key, keys.get(id))
  assert.sameMembers([...keys.keys()], outputs.map(([id]) => id))
  assert.strictEqual(new Set(keys.values()).size, 3)
  // A process that dies repeats at most the calls of one action.
  assert.isAtMost(executed.length, 3 + 2 * deaths.length)
}

describe("a process that dies", () => {
  it.scoped(
    "leaves one run, one reply, and one key for each call of a tool loop",
    () =>
      Effect.gen(function*() {
        const first = yield* run([])
        check(first)
        assert.strictEqual(first.executed.length, 3)
        const all = certain(first.points).map((point) => [point] as const)
        // A prime step reaches each point of the second process.
        const twice = all.map(([point], index) => [point, 1 + (index * 31) % all.length] as const)
        const hard = hardest(first.points)
        const activities = hard.map(({ activity }) => activity)
        assert.deepStrictEqual(activities, [
          "crash/before",
          "crash/create",
          "crash/wait/0",
          "crash/tool/0/0",
          "crash/tool/0/1",
          "crash/submit/0",
          "crash/wait/1",
          "crash/tool/1/0",
          "crash/submit/1",
          "crash/wait/2"
        ])
        // One of each kind.
        const short = hard.slice(1, 6)
        let kills = 0
        let repeated = 0
        const loops = isLong ? [...all, ...twice] : short.map((point) => [point] as const)
        for (const diesAt of loops) {
          const loop = yield* run(diesAt)
          assert.deepStrictEqual(loop.deaths[0], diesAt[0])
          check(loop)
          kills += loop.deaths.length
          repeated += loop.executed.length - 3
        }
        assert.isAbove(repeated, 0)
        if (isLong) {
          yield* Effect.log(`${loops.length} loops, ${kills} kills, ${repeated} calls repeated under their keys`)
        }
      }),
    600_000
  )

  it.scoped("leaves one file and one batch", () =>
    Effect.gen(function*() {
      const first = yield* Batch.run([])
      const hard = hardest(first.points)
      const activities = hard.map(({ activity }) => activity)
      assert.includeMembers(activities, ["crash/file/before", "crash/file/create", "crash/before", "crash/create"])
      assert.include(activities.at(-1), "crash/wait/")
      for (const point of isLong ? certain(first.points) : hard.slice(0, 4)) {
        const { batch, batches, deaths, files } = yield* Batch.run([point])
        assert.deepStrictEqual(deaths, [point])
        assert.strictEqual(batch.status, "completed")
        assert.deepInclude(batch.request_counts, { total: 2, completed: 2 })
        assert.deepStrictEqual(batches.map(({ id }) => id), [batch.id])
        assert.deepStrictEqual(files?.map(({ id }) => id), [batch.input_file_id])
      }
    }), 600_000)
})
