import { Audio, OpenAiClient } from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Audio"
import * as FileSource from "@effect-openai/core/FileSource"
import * as Wav from "@effect-openai/core/Wav"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Scenario from "../../Scenario.js"

const sentences = "The harbour is quiet. The lanterns are lit."

const speak = (response_format: Contract.SpeechFormat, input = sentences) => ({
  model: "tts-1",
  voice: "alloy" as const,
  input,
  response_format
})

const concat = (chunks: Chunk.Chunk<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat([...chunks]))

/** Speech as a file, and the parts of a request to transcribe it. */
const recorded = Effect.map(
  Audio.speech(speak("wav")),
  (bytes) => ({ file: FileSource.fromBytes("speech.wav", bytes, { type: "audio/wav" }), model: "whisper-1" })
)

/** The words of a text, in lower case and without punctuation. */
const wordsIn = (text: string): string => text.toLowerCase().replaceAll(/[^a-z]+/g, " ").trim()

const isRising = (parts: ReadonlyArray<{ readonly start: number; readonly end: number }>, duration: number): boolean =>
  parts.every(({ end, start }, index) =>
    start >= (parts[index - 1]?.start ?? 0) && end >= start && end <= duration + 0.1
  )

export const audio: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "audio/speech",
    title: "createSpeech returns audio of the media type of its format",
    group: "happy",
    operations: ["createSpeech"],
    run: Effect.gen(function*() {
      for (const format of Object.keys(Contract.mediaTypes) as ReadonlyArray<Contract.SpeechFormat>) {
        const [bytes, response] = yield* OpenAiClient.withResponse(Audio.speech(speak(format, "Hello.")))
        yield* Scenario.that(`${format} has bytes`, bytes.length > 100, bytes.length)
        yield* Scenario.equal(
          `${format} has its media type`,
          response?.headers["content-type"]?.replace(/;.*/, ""),
          Contract.mediaTypes[format]
        )
      }
    })
  }),
  Scenario.make({
    id: "audio/wav",
    title: "WAV has one channel of 24,000 samples a second, and a longer text has longer audio",
    group: "happy",
    operations: ["createSpeech"],
    run: Effect.gen(function*() {
      const durationOf = (input: string) =>
        Effect.gen(function*() {
          const bytes = concat(yield* Stream.runCollect(Audio.speech.stream(speak("wav", input))))
          const header = yield* Scenario.present("the audio is WAV", Option.getOrUndefined(Wav.header(bytes)))
          yield* Scenario.includes("it has the documented format", header, {
            format: 1,
            channels: 1,
            sampleRate: 24_000,
            bitsPerSample: 16
          })
          return header.duration
        })
      const [short, long] = [yield* durationOf("Hello."), yield* durationOf(sentences)]
      yield* Scenario.that("a longer text is longer", long > short && short > 0, [short, long])
    })
  }),
  Scenario.make({
    id: "audio/transcribe",
    title: "a transcription returns the text of speech",
    group: "happy",
    operations: ["createSpeech", "createTranscription", "createTranslation"],
    run: Effect.gen(function*() {
      const request = yield* recorded
      const { text } = yield* Audio.transcribe(request)
      yield* Scenario.equal("the text is the one of the speech", wordsIn(text), wordsIn(sentences))
      const translated = yield* Audio.translate(request)
      yield* Scenario.equal("English remains as it is", wordsIn(translated.text), wordsIn(sentences))
    })
  }),
  Scenario.make({
    id: "audio/texts",
    title: "transcriptions and translations are text, SubRip and WebVTT by `response_format`",
    group: "happy",
    operations: ["createTranscription", "createTranslation"],
    run: Effect.gen(function*() {
      const request = yield* recorded
      for (const operation of [Audio.transcribe, Audio.translate]) {
        const text = yield* operation({ ...request, response_format: "text" })
        yield* Scenario.that("the text ends with one line break", /[^\n]\n$/.test(text), text)
        yield* Scenario.equal("the text is the one of the speech", wordsIn(text), wordsIn(sentences))
        const srt = yield* operation({ ...request, response_format: "srt" })
        yield* Scenario.that(
          "SubRip has numbered cues",
          /^1\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}\n\S/.test(srt),
          srt
        )
        const vtt = yield* operation({ ...request, response_format: "vtt" })
        yield* Scenario.that(
          "WebVTT has a header and cues",
          /^WEBVTT\n\n(?:\d\d:)?\d\d:\d\d\.\d{3} --> (?:\d\d:)?\d\d:\d\d\.\d{3}\n\S/.test(vtt),
          vtt
        )
        for (const subtitles of [srt, vtt]) {
          const said = subtitles.split("\n").filter((line) => !/-->|^\d*$|^WEBVTT$/.test(line)).join(" ")
          yield* Scenario.equal("the cues have the text", wordsIn(said), wordsIn(sentences))
        }
      }
    })
  }),
  Scenario.make({
    id: "audio/verbose",
    title: "a verbose transcription has segments, words or both, with rising times",
    group: "happy",
    operations: ["createTranscription", "createTranslation"],
    run: Effect.gen(function*() {
      const request = { ...yield* recorded, response_format: "verbose_json" as const }
      const plain = yield* Audio.transcribe(request)
      yield* Scenario.equal("the language is English", plain.language, "english")
      yield* Scenario.equal("the task is transcribe", plain.task, "transcribe")
      yield* Scenario.equal("the text is the one of the speech", wordsIn(plain.text), wordsIn(sentences))
      const { duration = 0, segments = [] } = plain
      yield* Scenario.that("the audio has a duration", duration > 0.5, duration)
      yield* Scenario.that("by default there are segments", segments.length > 0 && plain.words === undefined, plain)
      yield* Scenario.that("their times rise", isRising(segments, duration), segments)
      yield* Scenario.equal(
        "their text is the text",
        wordsIn(segments.map(({ text }) => text).join(" ")),
        wordsIn(sentences)
      )
      const words = yield* Audio.transcribe({ ...request, "timestamp_granularities[]": ["word"] })
      yield* Scenario.equal(
        "there are words",
        words.words?.map(({ word }) => word.toLowerCase()).join(" "),
        wordsIn(sentences)
      )
      yield* Scenario.that("their times rise", isRising(words.words ?? [], duration), words.words)
      yield* Scenario.that("words alone are without segments", words.segments === undefined, words)
      const both = yield* Audio.transcribe({ ...request, "timestamp_granularities[]": ["word", "segment"] })
      yield* Scenario.that(
        "both are there if both are requested",
        both.words !== undefined && both.segments !== undefined,
        Object.keys(both)
      )
      const translated = yield* Audio.translate(request)
      yield* Scenario.equal("the task of a translation is translate", translated.task, "translate")
      yield* Scenario.that(
        "a translation has segments",
        (translated.segments ?? []).length > 0 && isRising(translated.segments ?? [], duration),
        translated
      )
    })
  })
]
