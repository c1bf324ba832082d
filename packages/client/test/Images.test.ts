import { Images, type OpenAiClient } from "@effect-openai/client"
import { FileSource, type Images as Contract, type OpenAiError } from "@effect-openai/core"
import type { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Stream } from "effect"
import { expectTypeOf } from "vitest"
import * as Client from "./utils/client.js"

/** The header of a PNG, and some bytes more. */
const png = (width: number, height: number, size = 100): Uint8Array => {
  const bytes = Buffer.alloc(size)
  bytes.write("89504e470d0a1a0a0000000d49484452", "hex")
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  bytes.write("0806", 24, "hex")
  return new Uint8Array(bytes)
}

const image = FileSource.fromBytes("image.png", png(64, 64))

const prompt = "A quiet harbour"

const images = { created: 1, data: [] }

const run = <A, E>(call: Effect.Effect<A, E, OpenAiClient.OpenAiClient>) => {
  const transport = Client.fake(() => Client.success(images))
  return Effect.map(
    Effect.provide(Effect.either(call), Client.layer("http://fake", {}, transport.layer)),
    (result) => ({ requests: transport.requests, result })
  )
}

type Call = Effect.Effect<
  unknown,
  OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError,
  OpenAiClient.OpenAiClient
>

const refused = (field: string, call: Call) =>
  Effect.gen(function*() {
    const { requests, result } = yield* run(call)
    assert.lengthOf(requests, 0)
    assert(result._tag === "Left" && result.left._tag === "InvalidRequestError")
    assert.strictEqual(result.left.field, field)
    assert.include(result.left.message, result.left.operation)
  })

/** A file that can be read once, and counts the chunks that are read. */
const once = (chunks: ReadonlyArray<Uint8Array>) => {
  const read = { count: 0 }
  const stream = Stream.tap(Stream.fromIterable(chunks).pipe(Stream.rechunk(1)), () =>
    Effect.sync(() => {
      read.count++
    }))
  return { read, file: FileSource.fromStream("image.png", stream) }
}

describe("Images", () => {
  describe("refuses before anything is sent", () => {
    it.effect.each<readonly [string, string, Call]>([
      ["a prompt of 1,001 characters for dall-e-2", "prompt", Images.generate({ prompt: "a".repeat(1001) })],
      [
        "a prompt of 4,001 characters for dall-e-3",
        "prompt",
        Images.generate({ model: "dall-e-3", prompt: "a".repeat(4001) })
      ],
      ["two images of dall-e-3", "n", Images.generate({ model: "dall-e-3", prompt, n: 2 })],
      ["eleven images", "n", Images.generate({ prompt, n: 11 })],
      ["a size of dall-e-3 for dall-e-2", "size", Images.generate({ prompt, size: "1792x1024" })],
      ["a size of dall-e-2 for dall-e-3", "size", Images.generate({ model: "dall-e-3", prompt, size: "256x256" })],
      ["a quality of dall-e-3 for dall-e-2", "quality", Images.generate({ prompt, quality: "hd" })],
      ["a style of dall-e-3 for dall-e-2", "style", Images.generate({ model: null, prompt, style: "vivid" })],
      ["a long prompt of an edit", "prompt", Images.edit({ image, prompt: "a".repeat(1001) })],
      [
        "an image that is not a PNG",
        "image",
        Images.vary({ image: FileSource.fromBytes("image.png", "This is a text, and not an image.") })
      ],
      ["an empty image", "image", Images.vary({ image: FileSource.fromBytes("image.png", "") })],
      ["an image that is not square", "image", Images.vary({ image: FileSource.fromBytes("a.png", png(64, 32)) })],
      [
        "an image of 4 MB",
        "image",
        Images.vary({ image: FileSource.fromBytes("a.png", png(64, 64, 4 * 1024 * 1024)) })
      ],
      [
        "an image of unknown size that has 4 MB",
        "image",
        Images.vary({ image: once(Array.from({ length: 64 }, () => png(64, 64, 65_536))).file })
      ],
      [
        "an image that can't be read",
        "image",
        Images.vary({ image: FileSource.fromStream("a.png", Stream.fail(new Cause.NoSuchElementException("gone"))) })
      ],
      [
        "a mask of another size",
        "mask",
        Images.edit({ image, mask: FileSource.fromBytes("mask.png", png(32, 32)), prompt })
      ],
      [
        "a mask that is not a PNG",
        "mask",
        Images.edit({ image, mask: FileSource.fromBytes("mask.png", "no"), prompt })
      ],
      ["an image that is not a file", "image", Images.vary({ image: "image.png" as unknown as typeof image })]
    ])("%s", ([, field, call]) => refused(field, call))
  })

  it.effect("sends what the limits of a model allow, and anything to other models", () =>
    Effect.gen(function*() {
      const long = "a".repeat(4000)
      for (
        const call of [
          Images.generate({ model: "dall-e-3", prompt: long, size: "1792x1024", quality: "hd", style: "natural" }),
          Images.generate({ prompt, n: 10, size: "256x256", quality: "standard", style: null }),
          Images.generate({ model: "another", prompt: `${long}${long}`, n: 10, size: "1024x1792", style: "vivid" }),
          Images.edit({ image, mask: image, prompt, n: null }),
          Images.vary({ image })
        ]
      ) {
        const { requests, result } = yield* run<unknown, unknown>(call)
        assert.lengthOf(requests, 1)
        assert.deepStrictEqual(result._tag === "Right" && result.right, images)
      }
    }))

  it.effect("reads only the start of an image that can be read again, and buffers another one", () =>
    Effect.gen(function*() {
      const chunks = Array.from({ length: 10 }, () => png(64, 64))
      const { file, read } = once(chunks)
      const again = FileSource.fromStream("image.png", file.stream, { replayable: true })
      // The transport of this test does not read the body.
      yield* run(Images.vary({ image: again }))
      assert.strictEqual(read.count, 1)
      yield* run(Images.vary({ image: file }))
      assert.strictEqual(read.count, 11)
    }))

  describe("bytes", () => {
    const bytesOf = (image: Contract.Image, response = new Response("image")) => {
      const transport = Client.fake(() => response)
      return Effect.map(
        Effect.provide(Effect.either(Images.bytes(image)), transport.layer),
        (result) => ({ requests: transport.requests, result })
      )
    }

    it("need a transport", () => {
      expectTypeOf(Images.bytes).returns.toEqualTypeOf<
        Effect.Effect<Uint8Array, OpenAiError.OpenAiError, HttpClient.HttpClient>
      >()
    })

    it.effect("are decoded from Base64", () =>
      Effect.gen(function*() {
        const { requests, result } = yield* bytesOf({ b64_json: "aW1hZ2U=" })
        assert.deepStrictEqual(result._tag === "Right" && new TextDecoder().decode(result.right), "image")
        assert.lengthOf(requests, 0)
      }))

    it.effect("are requested from a URL without the key", () =>
      Effect.gen(function*() {
        const { requests, result } = yield* bytesOf({ url: "https://images.example/a.png?sig=secret" })
        assert.deepStrictEqual(result._tag === "Right" && new TextDecoder().decode(result.right), "image")
        assert.lengthOf(requests, 1)
        assert.notProperty(requests[0]!.headers, "authorization")
      }))

    it.effect.each<readonly [Contract.Image, Response | undefined, object]>([
      [{}, undefined, { _tag: "InvalidResponseError", field: "" }],
      [{ b64_json: "?" }, undefined, { _tag: "InvalidResponseError", field: "b64_json" }],
      [{ url: "file:///etc/passwd" }, undefined, { _tag: "InvalidResponseError", field: "url" }],
      [{ url: "http://a/b" }, new Response("<Error>", { status: 403 }), { _tag: "PermissionDeniedError", status: 403 }],
      [{ url: "http://a/b" }, new Response("gone", { status: 404 }), { _tag: "NotFoundError", message: "gone" }],
      [{ url: "http://a/b" }, new Response("", { status: 500 }), { _tag: "InternalServerError" }]
    ])(
      "fails with a typed error: %#",
      ([image, response, expected]) =>
        Effect.map(bytesOf(image, response), ({ result }) => {
          assert.deepInclude<object>(result._tag === "Left" ? result.left : {}, {
            operation: "Images.bytes",
            ...expected
          })
        })
    )
  })
})
