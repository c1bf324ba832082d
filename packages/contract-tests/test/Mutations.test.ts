import { Suite, Target } from "@effect-openai/contract-tests"
import { assert, beforeAll, describe, expect, it } from "@effect/vitest"
import { Cause, Context, Effect } from "effect"
import { content } from "./mutations/content.js"
import * as Generated from "./mutations/generated.js"
import { excepted, listing } from "./mutations/lists.js"
import { media } from "./mutations/media.js"
import type { Mutation } from "./mutations/mutation.js"
import * as Proxy from "./mutations/proxy.js"
import { everywhere, refusing } from "./mutations/responses.js"
import { keeping, running } from "./mutations/state.js"
import { streaming } from "./mutations/streams.js"
import * as Table from "./mutations/table.js"

// Servers with a fault, and the scenario that detects it. MUTATIONS.md lists them.

/** `npm run mutations` runs every mutation. `npm test` runs one of so many, the written ones and the generated ones. */
const [everyWritten, everyGenerated] = process.env["MUTATIONS"] === "every" ? [1, 1] : [5, 20]

/** The parts that run side by side. The first has what is not a mutation. */
const [part, parts] = (process.env["MUTATIONS_PART"] ?? "1/1").split("/").map(Number) as [number, number]

/** Whether a mutation is in this part. */
const isIn = (every: number) => (_: unknown, index: number) => index % every === 0 && index / every % parts === part - 1

const target = Target.emulator()

/** Times far above what a busy machine delays a request by. */
const settings: Suite.Settings = { patience: "1 second", timeout: "5 seconds", cases: 3 }

/** Scenarios that delete what no request creates: a model, a user. Each run has its own server. */
const once = ["models/delete", "administration/users"]

const scenarioOf = (id: string) => {
  const scenario = Suite.all.find((scenario) => scenario.id === id)
  return scenario ?? assert.fail(`There is no scenario ${id}`)
}

/** Asserts that the proxy changed something and that the scenario failed. */
const caught = ({ change, scenario, title }: Mutation) =>
  Effect.gen(function*() {
    const context = yield* Effect.context<Target.Connection>()
    const proxy = Proxy.make(Context.get(context, Target.Connection), change)
    const { verdict } = yield* Effect.provideService(
      Suite.runScenario(target, scenarioOf(scenario), settings),
      Target.Connection,
      proxy.connection
    )
    assert.isTrue(proxy.changed(), `${title}: ${scenario} sent nothing that the proxy changes`)
    assert.strictEqual(verdict._tag, "Failed", `${title}: ${scenario} does not detect it`)
  })

const groups: ReadonlyArray<Table.Group> = [
  { title: "Any response", mutations: everywhere },
  { title: "Refusals", mutations: refusing },
  { title: "Lists", mutations: listing },
  { title: "State", mutations: keeping },
  { title: "Runs", mutations: running },
  { title: "Streams", mutations: streaming },
  { title: "Files, models, embeddings and completions", mutations: content },
  { title: "Audio and images", mutations: media }
]

describe("Mutations", () => {
  let seen: Generated.Seen
  beforeAll(async () => {
    seen = await Effect.runPromise(Generated.look(target))
  }, 120_000)

  it.live.runIf(part === 1)("every scenario passes without a fault", () =>
    Effect.gen(function*() {
      const proxy = Proxy.make(yield* Target.Connection, () => (send) => send)
      const ids = new Set(groups.flatMap(({ mutations }) => mutations.map(({ scenario }) => scenario)))
      for (const id of ids) {
        const { verdict } = yield* Effect.provideService(
          Suite.runScenario(target, scenarioOf(id), { cases: settings.cases }),
          Target.Connection,
          proxy.connection
        )
        assert.deepStrictEqual([id, verdict], [id, { _tag: "Passed" }])
      }
      assert.isFalse(proxy.changed())
    }).pipe(Effect.provide(target.layer)), 120_000)

  describe.each(groups)("$title", ({ mutations }) => {
    it.live.each(mutations.filter(isIn(everyWritten)))(
      "$title: $scenario",
      (mutation) => caught(mutation).pipe(Effect.provide(target.layer)),
      30_000
    )
  })

  it.live("every generated fault is detected", () =>
    Effect.gen(function*() {
      const generated = [...Generated.refusals, ...Generated.fields(seen)].flatMap(({ mutations }) => mutations)
      const missed: Array<string> = []
      for (const mutation of generated.filter(isIn(everyGenerated))) {
        const one = once.includes(mutation.scenario)
          ? Effect.provide(caught(mutation), target.layer)
          : caught(mutation)
        const exit = yield* Effect.exit(one)
        if (exit._tag === "Failure") missed.push(Cause.pretty(exit.cause))
      }
      expect(missed).toEqual([])
    }).pipe(Effect.provide(target.layer)), everyGenerated === 1 ? 1_800_000 : 120_000)

  // `npm run mutations -- --update` writes the file.
  it.runIf(part === 1)("are listed in MUTATIONS.md", async () => {
    await expect(Table.render(groups, Generated.refusals, Generated.fields(seen), excepted)).toMatchFileSnapshot(
      "../MUTATIONS.md"
    )
  })
})
