import { Audio, type OpenAiClient } from "@effect-openai/client"
import { type Audio as Contract, FileSource, type OpenAiError } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { expectTypeOf } from "vitest"
import * as Client from "./utils/client.js"

type Transcribed<A> = Effect.Effect<
  A,
  OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError,
  OpenAiClient.OpenAiClient
>

const file = FileSource.fromBytes("talk.mp3", "audio")

const request = { file, model: "whisper-1" }

/** Runs a call with one response, and returns what was sent with what was received. */
const respond = <A, E>(response: Response, call: Effect.Effect<A, E, OpenAiClient.OpenAiClient>) => {
  const transport = Client.fake(() => response)
  return Effect.map(
    Effect.provide(Effect.either(call), Client.layer("http://fake", {}, transport.layer)),
    (result) => ({ requests: transport.requests, result })
  )
}

const refused = (field: string, call: Effect.Effect<unknown, OpenAiError.OpenAiError, OpenAiClient.OpenAiClient>) =>
  Effect.gen(function*() {
    const { requests, result } = yield* respond(new Response(), call)
    assert.lengthOf(requests, 0)
    assert(result._tag === "Left" && result.left._tag === "InvalidRequestError")
    assert.deepInclude<object>(result.left, { field })
    assert.include(result.left.message, result.left.operation)
  })

/** An upload fails with one more error, which these calls do not reach. */
const untyped = (call: Effect.Effect<unknown, unknown, OpenAiClient.OpenAiClient>) =>
  call as Effect.Effect<unknown, OpenAiError.OpenAiError, OpenAiClient.OpenAiClient>

describe("Audio", () => {
  it("types the response by the format", () => {
    type Json = Contract.CreateTranscriptionResponseJson
    type Verbose = Contract.CreateTranscriptionResponseVerboseJson
    expectTypeOf(Audio.transcribe(request)).toEqualTypeOf<Transcribed<Json>>()
    expectTypeOf(Audio.transcribe({ ...request, response_format: "json" })).toEqualTypeOf<Transcribed<Json>>()
    expectTypeOf(Audio.transcribe({ ...request, response_format: undefined })).toEqualTypeOf<Transcribed<Json>>()
    expectTypeOf(Audio.transcribe({ ...request, response_format: "verbose_json" })).toEqualTypeOf<
      Transcribed<Verbose>
    >()
    expectTypeOf(Audio.transcribe({ ...request, response_format: "srt" })).toEqualTypeOf<Transcribed<string>>()
    expectTypeOf(Audio.transcribe({ ...request, response_format: "vtt" })).toEqualTypeOf<Transcribed<string>>()
    expectTypeOf(Audio.transcribe({ ...request, response_format: "text" })).toEqualTypeOf<Transcribed<string>>()
    const any = "text" as NonNullable<Contract.CreateTranscriptionRequest["response_format"]>
    expectTypeOf(Audio.transcribe({ ...request, response_format: any })).toEqualTypeOf<
      Transcribed<string | Json | Verbose>
    >()
    const maybe = "srt" as "srt" | undefined
    expectTypeOf(Audio.transcribe({ ...request, response_format: maybe })).toEqualTypeOf<Transcribed<string | Json>>()
    const complete: Contract.CreateTranscriptionRequest = request
    expectTypeOf(Audio.transcribe(complete)).toEqualTypeOf<Transcribed<string | Json | Verbose>>()
    // @ts-expect-error: the field is unknown.
    assert.isTrue(Effect.isEffect(Audio.transcribe({ ...request, colour: "blue" })))
    // @ts-expect-error: the format is unknown.
    assert.isTrue(Effect.isEffect(Audio.transcribe({ ...request, response_format: "xml" })))
    // @ts-expect-error: translations have no language.
    assert.isTrue(Effect.isEffect(Audio.translate({ ...request, language: "de" })))
    expectTypeOf(Audio.translate({ ...request, response_format: "verbose_json" })).toEqualTypeOf<
      Transcribed<Contract.CreateTranslationResponseVerboseJson>
    >()
    expectTypeOf<NonNullable<Verbose["segments"]>[number]>().toEqualTypeOf<Contract.TranscriptionSegment>()
    expectTypeOf(Audio.speech).returns.toEqualTypeOf<
      Effect.Effect<Uint8Array, OpenAiError.OpenAiError, OpenAiClient.OpenAiClient>
    >()
  })

  it.effect("decodes each format of a transcription, by the request and not by the media type", () =>
    Effect.gen(function*() {
      const text = "{\"text\":\"like JSON\"}\n"
      for (const response_format of ["text", "srt", "vtt"] as const) {
        const { result } = yield* respond(
          new Response(text, { headers: { "content-type": "application/json" } }),
          Audio.transcribe({ ...request, response_format })
        )
        assert.deepStrictEqual(result._tag === "Right" && result.right, text)
      }
      const { result } = yield* respond(
        Client.success({ text: "Hello.", duration: "1.5", segments: null, words: [{ word: "a", start: 0, end: 1 }] }),
        Audio.transcribe({ ...request, response_format: "verbose_json" })
      )
      assert.deepStrictEqual(result._tag === "Right" && result.right, {
        text: "Hello.",
        duration: 1.5,
        words: [{ word: "a", start: 0, end: 1 }]
      })
    }))

  it.effect("returns speech as bytes and as a Stream, and accepts the media type of its format", () =>
    Effect.gen(function*() {
      const speech = { model: "tts-1", input: "Hello.", voice: "nova", response_format: "flac" } as const
      const buffered = yield* respond(new Response("audio"), Audio.speech(speech))
      assert.strictEqual(buffered.requests[0]?.headers["accept"], "audio/flac")
      assert.deepStrictEqual(
        buffered.result._tag === "Right" && new TextDecoder().decode(buffered.result.right),
        "audio"
      )
      const streamed = yield* respond(
        new Response("audio"),
        Stream.mkString(Stream.decodeText(Audio.speech.stream(speech)))
      )
      assert.deepStrictEqual(streamed.result._tag === "Right" && streamed.result.right, "audio")
    }))

  const speech = { model: "tts-1", input: "Hello.", voice: "nova" } as const

  it.effect.each<readonly [string, string, Effect.Effect<unknown, unknown, OpenAiClient.OpenAiClient>]>([
    [
      "a file without a known extension",
      "file",
      Audio.transcribe({
        ...request,
        file: FileSource.fromBytes("talk.txt", "audio")
      })
    ],
    ["the same in a translation", "file", Audio.translate({ ...request, file: FileSource.fromBytes("talk", "audio") })],
    [
      "a file of more than 25 MB",
      "file",
      Audio.transcribe({
        ...request,
        file: FileSource.fromStream("talk.mp3", Stream.empty, { size: 26_214_401 })
      })
    ],
    [
      "granularities without verbose_json",
      "timestamp_granularities[]",
      Audio.transcribe({
        ...request,
        "timestamp_granularities[]": ["word"]
      })
    ],
    ["a temperature above 1", "temperature", Audio.transcribe({ ...request, temperature: 1.1 })],
    ["a text of 4,097 characters", "input", Audio.speech({ ...speech, input: "a".repeat(4097) })],
    ["a speed below 0.25", "speed", Audio.speech({ ...speech, speed: 0.2 })],
    ["a speed above 4", "speed", Audio.speech({ ...speech, speed: 4.1 })],
    ["an unknown voice", "voice", Audio.speech({ ...speech, voice: "robot" as "nova" })]
  ])("refuses %s", ([, field, call]) => refused(field, untyped(call)))
})
