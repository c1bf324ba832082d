/**
 * Speech: a text as audio in a file, and the audio as text again.
 */
import { Audio } from "@effect-openai/client"
import { FileSource, Subtitles } from "@effect-openai/core"
import { FileSystem } from "@effect/platform"
import { Effect, Stream } from "effect"
import { note, step } from "./print.js"

const input = "Your watch is ready. You can collect it on Friday."

const roundTrip = Effect.gen(function*() {
  yield* step(`Generate speech of "${input}", and stream it into a file`)
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* fileSystem.makeTempFileScoped({ suffix: ".wav" })
  yield* Audio.speech.stream({ model: "tts-1", voice: "nova", input, response_format: "wav" }).pipe(
    Stream.run(fileSystem.sink(path))
  )
  const file = yield* FileSource.fromPath(path, { type: "audio/wav" })
  yield* note(`${file.size} bytes of WAV`)

  yield* step("Transcribe the file, with the times of its segments")
  const { duration, segments = [] } = yield* Audio.transcribe({
    file,
    model: "whisper-1",
    response_format: "verbose_json"
  })
  yield* note(`${duration} seconds`)
  const cues = Subtitles.toSrt(segments).trim().split("\n\n").map((cue) => cue.replaceAll("\n", "  "))
  yield* Effect.forEach(cues, note)
}).pipe(Effect.scoped)

/** Not every server of the API has audio. */
export const speech = Effect.catchTag(roundTrip, "NotFoundError", () => note("This server has no audio."))
