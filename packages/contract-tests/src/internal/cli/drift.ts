import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Drift from "../../Drift.js"
import * as Fixture from "../../Fixture.js"
import { DoesNotHold, UsageError } from "./shared.js"

const document = (name: string, description: string) =>
  Options.file(name, { exists: "yes" }).pipe(
    Options.withPseudoName("file"),
    Options.withDescription(description),
    Options.optional
  )

/** What is said of what is compared. */
export const options = {
  from: document("from", "The OpenAPI document of an earlier version, as JSON."),
  to: document("to", "The document to compare it with; the contract of this version unless told."),
  recording: Options.directory("recording", { exists: "yes" }).pipe(
    Options.withPseudoName("directory"),
    Options.withDescription("Fixtures to compare with the contract, as `record` writes them."),
    Options.optional
  ),
  json: Options.boolean("json").pipe(Options.withDescription("Prints JSON."))
} as const

type Given = Command.Command.ParseConfig<typeof options>

const read = (path: string) =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const text = yield* fileSystem.readFileString(path)
    return yield* Schema.decode(Schema.parseJson(Drift.Document))(text).pipe(
      Effect.mapError(() => new UsageError({ message: `${path} is no OpenAPI document of version 3 in JSON` }))
    )
  })

const changesOf = ({ from, recording, to }: Given) =>
  Effect.gen(function*() {
    if (Option.isSome(recording)) {
      if (Option.isSome(from) || Option.isSome(to)) {
        return yield* new UsageError({ message: "--recording excludes --from and --to" })
      }
      const fixtures = yield* Fixture.readDirectory(recording.value)
      if (fixtures.length === 0) return yield* new UsageError({ message: `There is no fixture in ${recording.value}` })
      return Drift.inRecording(fixtures)
    }
    if (Option.isNone(from)) return yield* new UsageError({ message: "Say what to compare: --from or --recording" })
    const before = yield* read(from.value)
    return Drift.compare(before, Option.isSome(to) ? yield* read(to.value) : Drift.current())
  })

/** Lists what differs. It succeeds where nothing does. */
export const drift = (given: Given) =>
  Effect.gen(function*() {
    const changes = yield* changesOf(given)
    yield* Console.log(given.json ? JSON.stringify(changes, null, 2) : Drift.text(changes))
    if (changes.length > 0) return yield* new DoesNotHold()
  })
