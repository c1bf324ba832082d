import { Fixture, type Report, Suite, Target } from "@effect-openai/contract-tests"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const fixtures = await Effect.runPromise(Effect.provide(Fixture.all, NodeContext.layer))

const failures = ({ results }: Report.Report) =>
  results.flatMap(({ id, verdict }) => verdict._tag === "Failed" ? [{ id, ...verdict }] : [])

describe("Suite", () => {
  it.live(
    "passes on nock, which replays every fixture, and skips what was never recorded",
    () =>
      Effect.gen(function*() {
        const report = yield* Suite.run({ target: Target.replay(fixtures) })
        assert.deepStrictEqual(failures(report), [])
        assert.strictEqual(report.totals.passed, fixtures.length)
        assert.strictEqual(report.totals.skipped, Suite.all.length)
      }),
    30_000
  )
})
