import { Audio, FileSource, Images, Png, Subtitles, Wav } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"

const ascii = (text: string) => Array.from(text, (char) => char.charCodeAt(0))

const littleEndian = (value: number, size: number) =>
  Array.from({ length: size }, (_, index) => Math.floor(value / 2 ** (8 * index)) % 256)

describe("Png", () => {
  const png = (width: number, height: number, colorType: number) => {
    const bytes = new Uint8Array(40)
    bytes.set([0x89, ...ascii("PNG\r\n"), 0x1a, 0x0a, 0, 0, 0, 13, ...ascii("IHDR")])
    const view = new DataView(bytes.buffer)
    view.setUint32(16, width)
    view.setUint32(20, height)
    bytes[24] = 8
    bytes[25] = colorType
    return bytes
  }

  it("reads size and mode", () => {
    assert.deepStrictEqual(Png.header(png(256, 70_000, 6)), Option.some({ width: 256, height: 70_000, mode: "RGBA" }))
    for (const [colorType, mode] of [[0, "L"], [2, "RGB"], [3, "P"], [4, "LA"]] as const) {
      assert.strictEqual(Option.getOrThrow(Png.header(png(1, 1, colorType))).mode, mode)
    }
  })

  it("reads a part of a larger buffer", () => {
    const buffer = new Uint8Array(100)
    buffer.set(png(3, 4, 2), 50)
    assert.deepStrictEqual(
      Png.header(buffer.subarray(50, 50 + Png.headerBytes)),
      Option.some({ width: 3, height: 4, mode: "RGB" })
    )
  })

  it.each([
    ["nothing", new Uint8Array()],
    ["a short file", png(1, 1, 6).subarray(0, Png.headerBytes - 1)],
    ["another format", Uint8Array.from([0xff, ...png(1, 1, 6).subarray(1)])],
    ["an unknown color type", png(1, 1, 5)],
    ["an image without a width", png(0, 1, 6)],
    ["an image without a height", png(1, 0, 6)]
  ])("refuses %s", (_, bytes) => {
    assert.deepStrictEqual(Png.header(bytes), Option.none())
  })
})

describe("Wav", () => {
  const format = [...ascii("fmt "), ...littleEndian(16, 4), 1, 0, 1, 0, ...littleEndian(24_000, 4)]
    .concat(littleEndian(48_000, 4), [2, 0, 16, 0])

  const wav = (riffSize: number, dataSize: number, samples: number, ...before: ReadonlyArray<number>) =>
    Uint8Array.from([
      ...ascii("RIFF"),
      ...littleEndian(riffSize, 4),
      ...ascii("WAVE"),
      ...format,
      ...before,
      ...ascii("data"),
      ...littleEndian(dataSize, 4),
      ...new Uint8Array(samples)
    ])

  const list = [...ascii("LIST"), ...littleEndian(3, 4), 1, 2, 3, 0]

  it("reads the format, and the size of the audio that is there", () => {
    const expected = { format: 1, channels: 1, sampleRate: 24_000, byteRate: 48_000, bitsPerSample: 16 }
    assert.deepStrictEqual(
      Wav.header(wav(36 + 480, 480, 480)),
      Option.some({ ...expected, dataOffset: 44, dataBytes: 480, duration: 0.01 })
    )
    assert.deepStrictEqual(
      Wav.header(wav(2 ** 32 - 1, 2 ** 32 - 1, 960, ...list)),
      Option.some({ ...expected, dataOffset: 56, dataBytes: 960, duration: 0.02 })
    )
  })

  it("refuses what is not WAV, or has no format before its audio", () => {
    const bytes = wav(36, 0, 0)
    assert.deepStrictEqual(Wav.header(new Uint8Array()), Option.none())
    assert.deepStrictEqual(Wav.header(bytes.subarray(0, 40)), Option.none())
    assert.deepStrictEqual(
      Wav.header(Uint8Array.from([...bytes.subarray(0, 12), ...bytes.subarray(36)])),
      Option.none()
    )
    assert.deepStrictEqual(Wav.header(Uint8Array.from([...ascii("RIFX"), ...bytes.subarray(4)])), Option.none())
  })

  it("repairs the sizes of a streamed file, and nothing else", () => {
    assert.deepStrictEqual(
      Wav.repair(wav(2 ** 32 - 1, 2 ** 32 - 1, 100, ...list)),
      wav(148, 100, 100, ...list)
    )
    const right = wav(136, 100, 100)
    assert.strictEqual(Wav.repair(right), right)
    const other = Uint8Array.from(ascii("no audio"))
    assert.strictEqual(Wav.repair(other), other)
  })
})

describe("Subtitles", () => {
  const segments = [
    { start: 0, end: 2, text: " The harbour\n\nis quiet." },
    { start: 2.0004, end: 3725.9996, text: "It --> was" }
  ]

  it("are SubRip", () => {
    assert.strictEqual(
      Subtitles.toSrt(segments),
      "1\n00:00:00,000 --> 00:00:02,000\nThe harbour\nis quiet.\n\n" +
        "2\n00:00:02,000 --> 01:02:06,000\nIt -> was\n\n\n"
    )
    assert.strictEqual(Subtitles.toSrt([]), "\n")
  })

  it("are WebVTT, with times from an offset", () => {
    assert.strictEqual(
      Subtitles.toVtt(segments.slice(0, 1), { offset: 59.5 }),
      "WEBVTT\n\n00:00:59.500 --> 00:01:01.500\nThe harbour\nis quiet.\n\n"
    )
  })
})

describe("limits", () => {
  it("a file of audio has a known extension", () => {
    for (const name of ["a.mp3", "A.WAV", "a.b.webm", ".ogg"]) assert.isTrue(Audio.hasKnownExtension(name), name)
    for (const name of ["", "mp3", "a.txt", "a.mp3.txt", "a."]) assert.isFalse(Audio.hasKnownExtension(name), name)
    const file = FileSource.fromBytes("a.txt", "")
    const [rule] = Audio.transcribe.rules
    assert.include(rule!.check({ file, model: "whisper-1" }), ".mp3")
  })

  it("of images are those of the documented models, and of none for others", () => {
    assert.strictEqual(Images.limitsOf(null), Images.limits["dall-e-2"])
    assert.strictEqual(Images.limitsOf(undefined), Images.limits["dall-e-2"])
    assert.strictEqual(Images.limitsOf("dall-e-3")?.images, 1)
    assert.isUndefined(Images.limitsOf("toString"))
  })
})
