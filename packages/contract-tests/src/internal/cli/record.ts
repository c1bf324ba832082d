import * as NodeServer from "@effect-openai/emulator/NodeServer"
import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fixture from "../../Fixture.js"
import * as Recording from "../../Recording.js"
import * as view from "../render/view.js"
import { DoesNotHold, UsageError } from "./shared.js"

/** The options of `record`. */
export const options = {
  upstream: Options.text("upstream").pipe(
    Options.withPseudoName("url"),
    Options.withDescription("The base URL of the server to record, for example https://api.openai.com/v1.")
  ),
  out: Options.directory("out").pipe(
    Options.withPseudoName("directory"),
    Options.withDescription("Where to write fixtures, as <operation>/<name>-0001.json.")
  ),
  port: Options.integer("port").pipe(
    Options.withDescription("Default: a free port. The port to listen on, on the loopback interface."),
    Options.withDefault(0)
  ),
  name: Options.text("name").pipe(
    Options.withDescription("The prefix of the names of the fixtures."),
    Options.withDefault("recorded")
  ),
  force: Options.boolean("force").pipe(
    Options.withDescription("Replaces the fixtures of an earlier session of the same name.")
  )
} as const

/** The parsed options. */
type Given = Command.Command.ParseConfig<typeof options>

const line = (outcome: Recording.Outcome): string => {
  switch (outcome._tag) {
    case "Written":
      return `✓ ${outcome.fixture.name}  ${outcome.request} → ${Fixture.answer(outcome.fixture).status}`
    case "Passed":
      return `– ${outcome.request} is not recorded, because ${outcome.because}`
    case "Refused":
      return `✗ ${outcome.request}: ${outcome.error.message}`
  }
}

/** Records until it is interrupted. Succeeds if no fixture was refused. */
export const record = (interrupted: Effect.Effect<void>) => ({ force, name, out, port, upstream }: Given) => {
  const counts = { Written: 0, Passed: 0, Refused: 0 }
  const server = NodeHttpServer.layer(NodeServer.createServer, { host: "127.0.0.1", port })
  return Effect.gen(function*() {
    const { baseUrl } = yield* Recording.serve({
      upstream,
      directory: out,
      name,
      force,
      onOutcome: (outcome) => {
        counts[outcome._tag]++
        return Console.log(line(outcome))
      }
    })
    yield* Console.log(`Recording ${upstream} at ${baseUrl}\n`)
    yield* Console.log(`Run a program with OPENAI_BASE_URL=${baseUrl}, then press Ctrl+C to end the session.`)
    yield* interrupted
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.merge(server, NodeHttpClient.layerUndici)),
    Effect.catchTag("ServeError", () => new UsageError({ message: `The port ${port} is not available` })),
    Effect.zipRight(Effect.suspend(() =>
      Console.log(
        `\n${view.plural(counts.Written, "fixture")} written to ${out}, ` +
          `${counts.Passed} not recorded, ${counts.Refused} refused`
      )
    )),
    Effect.zipRight(Effect.suspend(() => counts.Refused === 0 ? Effect.void : new DoesNotHold()))
  )
}
