import { Audio } from "@effect-openai/client"
import { type Audio as Contract, FileSource, Wav } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { describeEach } from "./describeEach.js"
import { inProcess, send, targets } from "./utils.js"

const text = "The quick brown fox. Äpfel, 星 and \"quotes\" jump over the lazy dog!"

const speech = { model: "tts-1", voice: "alloy", input: text } as const

/** The formats with the extension under which a server accepts them. */
const extensions: { readonly [F in Exclude<Contract.SpeechFormat, "pcm">]: string } = {
  mp3: "mp3",
  opus: "ogg",
  aac: "m4a",
  flac: "flac",
  wav: "wav"
}

const formats = Object.entries(extensions) as ReadonlyArray<[keyof typeof extensions, string]>

const transcribed = (bytes: Uint8Array, extension: string, fields: object = {}) =>
  Audio.transcribe({
    file: FileSource.fromBytes(`speech.${extension}`, bytes),
    model: "whisper-1",
    ...fields,
    response_format: "verbose_json"
  })

/** A form whose parts may be bytes. */
const sendForm = (
  path: string,
  file: { readonly name: string; readonly bytes: Uint8Array | string },
  fields: Readonly<Record<string, string>> = {}
) => {
  const part = (headers: string, content: Uint8Array | string) => [
    Buffer.from(`--b\r\ncontent-disposition: form-data; ${headers}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from("\r\n")
  ]
  return send("POST", path, {
    headers: { "content-type": "multipart/form-data; boundary=b" },
    body: new Uint8Array(Buffer.concat([
      ...Object.entries({ model: "whisper-1", ...fields }).flatMap(([name, value]) => part(`name="${name}"`, value)),
      ...part(`name="file"; filename="${file.name}"`, file.bytes),
      Buffer.from("--b--\r\n")
    ]))
  })
}

const wav = (seconds: number): Uint8Array => {
  const header = Buffer.alloc(44)
  header.write("RIFF\0\0\0\0WAVEfmt ", "latin1")
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(8000, 24)
  header.writeUInt32LE(8000, 28)
  header.writeUInt16LE(8, 34)
  header.write("data", 36, "latin1")
  header.writeUInt32LE(8000 * seconds, 40)
  return new Uint8Array(Buffer.concat([header, Buffer.alloc(8000 * seconds, 0x80)]))
}

describeEach(targets)("Audio, $name", ({ layer }) => {
  it.effect("transcribes the speech that it generates, in each format", () =>
    Effect.gen(function*() {
      for (const [response_format, extension] of formats) {
        const bytes = yield* Audio.speech({ ...speech, response_format })
        const heard = yield* transcribed(bytes, extension)
        assert.strictEqual(heard.text, text, response_format)
        assert.isAbove(heard.duration!, 1)
      }
    }).pipe(Effect.provide(layer())))
})

describe("Audio", () => {
  it.effect("speech is the same each time, differs by text and speed, and begins like its format", () =>
    Effect.gen(function*() {
      const starts: { readonly [F in Contract.SpeechFormat]: string } = {
        mp3: "ID3",
        opus: "OggS",
        aac: "ID3",
        flac: "fLaC",
        wav: "RIFF",
        pcm: "\0\0"
      }
      for (const [format, start] of Object.entries(starts) as ReadonlyArray<[Contract.SpeechFormat, string]>) {
        const bytes = yield* Audio.speech({ ...speech, response_format: format })
        assert.strictEqual(Buffer.from(bytes.subarray(0, start.length)).toString("latin1"), start)
        assert.deepStrictEqual(yield* Audio.speech({ ...speech, response_format: format }), bytes)
      }
      const durationOf = (fields: object) =>
        Effect.map(
          Audio.speech({ ...speech, ...fields, response_format: "wav" }),
          (bytes) => Option.getOrThrow(Wav.header(bytes)).duration
        )
      const [usual, fast] = [yield* durationOf({}), yield* durationOf({ speed: 2 })]
      assert.approximately(usual / fast, 2, 0.01)
    }).pipe(Effect.provide(inProcess.layer())))

  it.effect("streamed WAV has the largest sizes, which a repair corrects", () =>
    Effect.gen(function*() {
      const bytes = yield* Audio.speech({ ...speech, response_format: "wav" })
      const sizeOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true)
      assert.strictEqual(sizeOf(bytes), 0xffffffff)
      assert.strictEqual(sizeOf(Wav.repair(bytes)), bytes.length - 8)
      const { duration } = yield* transcribed(bytes, "wav")
      assert.approximately(Option.getOrThrow(Wav.header(bytes)).duration, duration!, 0.001)
    }).pipe(Effect.provide(inProcess.layer())))

  it.effect("invents a text for other audio, the same each time", () =>
    Effect.gen(function*() {
      const first = yield* transcribed(wav(4), "wav")
      assert.strictEqual(first.duration, 4)
      assert.deepStrictEqual(yield* transcribed(wav(4), "wav"), first)
      assert.notStrictEqual((yield* transcribed(wav(5), "wav")).text, first.text)
      assert.isAbove((yield* transcribed(Buffer.from("any bytes"), "mp3")).text.length, 0)
    }).pipe(Effect.provide(inProcess.layer())))

  it.effect("names the language in English", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* transcribed(wav(1), "wav")).language, "english")
      assert.strictEqual((yield* transcribed(wav(1), "wav", { language: "de" })).language, "german")
    }).pipe(Effect.provide(inProcess.layer())))

  it.effect("refuses with the errors of the API", () =>
    Effect.gen(function*() {
      const invalid = { type: "invalid_request_error", param: null, code: null }
      const name = "speech.wav"
      for (
        const [file, fields, status, error] of [
          [{ name: "speech.txt", bytes: wav(1) }, {}, 400, {
            ...invalid,
            message: "Invalid file format. Supported formats: ['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', " +
              "'ogg', 'wav', 'webm']"
          }],
          [{ name, bytes: wav(1) }, { language: "xx-yy" }, 400, {
            ...invalid,
            param: "language",
            code: "invalid_language_format",
            message: "Invalid language 'xx-yy'. Language parameter must be specified in ISO-639-1 format."
          }],
          [{ name, bytes: wav(0.05) }, {}, 400, {
            ...invalid,
            code: "audio_too_short",
            message: "Audio file is too short. Minimum audio length is 0.1 seconds."
          }],
          [{ name, bytes: "" }, {}, 400, {
            ...invalid,
            code: "audio_too_short",
            message: "Audio file is too short. Minimum audio length is 0.1 seconds."
          }],
          [{ name, bytes: "no audio" }, {}, 400, {
            ...invalid,
            message: "The audio file could not be decoded or its format is not supported."
          }],
          [{ name, bytes: new Uint8Array(26_214_401) }, {}, 413, {
            ...invalid,
            type: "server_error",
            message: "Maximum content size limit (26214400) exceeded (26214401 bytes read)"
          }]
        ] as const
      ) {
        const response = yield* sendForm("/audio/transcriptions", file, fields)
        assert.deepStrictEqual([response.status, response.json], [status, { error }])
      }
    }).pipe(Effect.provide(inProcess.layer({ maxFileBytes: 10 }))))

  it.effect("reports the limits of requests and tokens for speech, and of requests for transcriptions", () =>
    Effect.gen(function*() {
      const kinds = ({ headers }: { readonly headers: Record<string, string> }) =>
        Object.keys(headers).filter((header) => header.startsWith("x-ratelimit-limit")).sort()
      const spoken = yield* send("POST", "/audio/speech", { body: JSON.stringify(speech) })
      assert.deepStrictEqual(kinds(spoken), ["x-ratelimit-limit-requests", "x-ratelimit-limit-tokens"])
      for (const path of ["/audio/transcriptions", "/audio/translations"]) {
        const response = yield* sendForm(path, { name: "a.wav", bytes: wav(1) })
        assert.deepStrictEqual(kinds(response), ["x-ratelimit-limit-requests"])
      }
    }).pipe(Effect.provide(inProcess.layer())))
})
