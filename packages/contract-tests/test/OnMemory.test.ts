import { Coverage, Fixture, Target } from "@effect-openai/contract-tests"
import { registerTarget } from "@effect-openai/contract-tests/Vitest"
import { NodeContext, NodeHttpServer } from "@effect/platform-node"
import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"

const reached = new Map<string, Coverage.Item>()

const reach = (items: ReadonlyArray<Coverage.Item>) => {
  for (const item of items) reached.set(`${item.area} ${item.name}`, item)
}

registerTarget(Target.emulator({ name: "the emulator in this process, in memory" }), {
  cases: 10,
  onExchanges: (_, exchanges) =>
    Effect.sync(() => exchanges.forEach((exchange) => reach(Coverage.ofExchange(exchange))))
})

registerTarget(
  Target.emulator({
    name: "the emulator in this process, where it limits rates",
    rateLimits: { requestsPerMinute: 3 }
  }),
  {
    only: ["rateLimits"],
    onExchanges: (_, exchanges) =>
      Effect.sync(() => exchanges.forEach((exchange) => reach(Coverage.ofExchange(exchange))))
  }
)

describe("the coverage by the documentation's examples and by scenarios", () => {
  const file = fileURLToPath(new URL("../coverage.json", import.meta.url))
  const baseline = existsSync(file)
    ? Schema.decodeUnknownSync(Coverage.Coverage)(JSON.parse(readFileSync(file, "utf8")))
    : []

  it("does not fall, and where it rises is written anew by `npm run coverage -- --update`", async () => {
    const fixtures = await Effect.runPromise(Effect.provide(Fixture.all, NodeContext.layer))
    reach(fixtures.flatMap(Coverage.ofFixture))
    const coverage = Coverage.make(reached.values())
    if (baseline.length > 0) {
      const lost = Coverage.lost(baseline, coverage).map(({ area, name }) => `${area}: ${name}`)
      assert.strictEqual(lost.join("\n"), "", "no longer reached")
    }
    await expect(`${JSON.stringify(coverage, null, 2)}\n`).toMatchFileSnapshot(file)
  })
})

const server = NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })

registerTarget(Target.emulator({ name: "the emulator over HTTP, in memory", server }), { cases: 3 })
