import { Images } from "@effect-openai/client"
import { FileSource, Png } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option, TestClock } from "effect"
import { inflateSync } from "node:zlib"
import { inProcess, overHttp, sendJson } from "./utils.js"

const prompt = "A quiet harbour"

const headerOf = (bytes: Uint8Array) => Option.getOrThrow(Png.header(bytes))

/** The header of a PNG with 64 pixels on each side, of which the emulator reads no more. */
const png = (colorType: number): FileSource.FileSource => {
  const bytes = Buffer.alloc(64)
  bytes.write("89504e470d0a1a0a0000000d49484452000000400000004008", "hex")
  bytes[25] = colorType
  return FileSource.fromBytes("image.png", new Uint8Array(bytes))
}

const urlsOf = ({ data }: { readonly data: ReadonlyArray<{ readonly url?: string | undefined }> }) =>
  data.map(({ url }) => url!)

describe.each([inProcess, overHttp])("Images, $name", ({ layer }) => {
  it.effect("are PNG of the requested size, by URL and in Base64 the same", () =>
    Effect.gen(function*() {
      for (const size of ["256x256", "1792x1024"] as const) {
        const request = { prompt, size, model: size === "256x256" ? "dall-e-2" : "dall-e-3" }
        const { data: [byUrl] } = yield* Images.generate(request)
        const { data: [inBase64] } = yield* Images.generate({ ...request, response_format: "b64_json" })
        assert.match(byUrl!.url!, /^http:\/\//)
        const bytes = yield* Images.bytes(byUrl!)
        assert.deepStrictEqual(yield* Images.bytes(inBase64!), bytes)
        const { height, width } = headerOf(bytes)
        assert.strictEqual(`${width}x${height}`, size)
        // The last chunk is always the same, with its checksum.
        assert.strictEqual(Buffer.from(bytes.subarray(-8)).toString("hex"), "49454e44ae426082")
        // The data of the image: 3 bytes for each pixel, and one for each line.
        const length = Buffer.from(bytes).readUInt32BE(33)
        assert.lengthOf(inflateSync(bytes.subarray(41, 41 + length)), height * (1 + 3 * width))
      }
    }).pipe(Effect.provide(layer())))
})

describe("Images", () => {
  it.effect("differ by prompt and number, and are the same for the same request", () =>
    Effect.gen(function*() {
      const generate = (prompt: string) =>
        Effect.map(Images.generate({ prompt, n: 3, size: "256x256" }), (response) =>
          urlsOf(response).map((url) => url.split("?")[0]))
      const urls = yield* generate(prompt)
      assert.lengthOf(new Set(urls), 3)
      assert.deepStrictEqual(yield* generate(prompt), urls)
      assert.notInclude(yield* generate("A loud harbour"), urls[0])
    }).pipe(Effect.provide(inProcess.layer())))

  it.effect("are served for an hour, and only with their signature", () =>
    Effect.gen(function*() {
      const [url] = urlsOf(yield* Images.generate({ prompt, size: "256x256" }))
      const statusOf = (url: string) =>
        Effect.map(Effect.either(Images.bytes({ url })), (result) =>
          Either.isRight(result) ? 200 : "status" in result.left ? result.left.status : result.left._tag)
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual(yield* statusOf(url!), 200)
      assert.strictEqual(yield* statusOf(url!.replace("256x256", "512x512")), 403)
      assert.strictEqual(yield* statusOf(url!.replace(/se=\d{4}/, "se=2999")), 403)
      assert.strictEqual(yield* statusOf(url!.replace(/\/img-[^?]+/, "/img-other.png")), 404)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* statusOf(url!), 403)
    }).pipe(Effect.provide(inProcess.layer())))

  it.effect("edits and variations depend on the image", () =>
    Effect.gen(function*() {
      const urls = [
        ...urlsOf(yield* Images.vary({ image: png(6), size: "256x256" })),
        ...urlsOf(yield* Images.vary({ image: png(0), size: "256x256" })),
        ...urlsOf(yield* Images.edit({ image: png(6), prompt, size: "256x256" })),
        ...urlsOf(yield* Images.edit({ image: png(2), mask: png(6), prompt, size: "256x256" }))
      ]
      assert.lengthOf(new Set(urls), 4)
      assert.isTrue(Either.isRight(yield* Effect.either(Images.edit({ image: png(4), prompt }))))
    }).pipe(Effect.provide(inProcess.layer())))

  it.effect("refuses with the errors of the API", () =>
    Effect.gen(function*() {
      const refusal = (fields: object) =>
        Effect.map(sendJson("POST", "/images/generations", fields), ({ json, status }) => [status, json.error])
      const invalid = { type: "invalid_request_error", param: null, code: null }
      const rejected = "Your request was rejected as a result of our safety system."
      const long = "a".repeat(1001)
      for (
        const [fields, error] of [
          [{ prompt, model: "dall-e-3", n: 2 }, "You must provide n=1 for this model."],
          [
            { prompt, model: "dall-e-3", size: "256x256" },
            "'256x256' is not one of ['1024x1024', '1792x1024', '1024x1792'] - 'size'"
          ],
          [{ prompt, size: "1792x1024" }, "'1792x1024' is not one of ['256x256', '512x512', '1024x1024'] - 'size'"],
          [{ prompt: long }, `'${long}' is too long - 'prompt'`],
          [
            { prompt: "A murder", model: "dall-e-3" },
            `${rejected} Image descriptions generated from your prompt may ` +
            "contain text that is not allowed by our safety system. If you believe this was done in error, your request " +
            "may succeed if retried, or by adjusting your prompt."
          ]
        ] as const
      ) {
        assert.deepStrictEqual(yield* refusal(fields), [400, { ...invalid, message: error }])
      }
      assert.deepStrictEqual(yield* refusal({ prompt: "A murder" }), [400, {
        ...invalid,
        code: "content_policy_violation",
        message: `${rejected} Your prompt may contain text that is not allowed by our safety system.`
      }])
      const error = yield* Effect.flip(Images.edit({ image: png(2), prompt }))
      assert.deepInclude<object>(error, {
        _tag: "BadRequestError",
        message: "Invalid input image - format must be in ['RGBA', 'LA', 'L'], got RGB."
      })
      assert.deepInclude<object>(yield* Effect.flip(Images.vary({ image: png(6), model: "dall-e-3" })), {
        _tag: "BadRequestError",
        param: "model"
      })
    }).pipe(Effect.provide(inProcess.layer())))
})
