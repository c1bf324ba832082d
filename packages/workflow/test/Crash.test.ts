import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { run } from "./crash/loop.js"

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

/** The last point of each activity that is after an effect and before its result is stored. */
const hardest = ({ points }: Loop): ReadonlyArray<number> => [
  ...new Map(
    points.flatMap(({ activity, what }, index) =>
      activity !== "" && what.startsWith("after") && what !== "after saveEnvelope" ? [[activity, index + 1]] : []
    )
  ).values()
]

describe("a tool loop", () => {
  it.scoped(
    "has one run, one reply, and one key for each call, wherever its process dies",
    () =>
      Effect.gen(function*() {
        const first = yield* run([])
        check(first)
        assert.strictEqual(first.executed.length, 3)
        const all = first.points.map((_, index) => [index + 1])
        // A prime step reaches each point of the second process.
        const twice = all.map(([n], index) => [n!, 1 + (index * 31) % all.length])
        const hard = hardest(first)
        assert.deepStrictEqual(hard.map((n) => first.points[n - 1]!.activity), [
          "sum/before",
          "sum/create",
          "sum/wait/0",
          "sum/tool/0/0",
          "sum/tool/0/1",
          "sum/submit/0",
          "sum/wait/1",
          "sum/tool/1/0",
          "sum/submit/1",
          "sum/wait/2"
        ])
        let kills = 0
        let repeated = 0
        const loops = isLong ? [...all, ...twice] : hard.map((n) => [n])
        for (const diesAt of loops) {
          const loop = yield* run(diesAt)
          assert.deepStrictEqual(loop.deaths[0], first.points[diesAt[0]! - 1])
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
})
