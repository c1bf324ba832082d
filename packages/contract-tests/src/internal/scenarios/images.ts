import { Images } from "@effect-openai/client"
import * as FileSource from "@effect-openai/core/FileSource"
import type * as Contract from "@effect-openai/core/Images"
import * as Png from "@effect-openai/core/Png"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Scenario from "../../Scenario.js"
import { square } from "./media.js"

const image = FileSource.fromBytes("image.png", square, { type: "image/png" })

const form = { size: "256x256", response_format: "b64_json" } as const

/** Checks that images are in Base64, and have 256x256 pixels. */
const haveSize = ({ created, data }: Contract.ImagesResponse, count: number) =>
  Effect.gen(function*() {
    yield* Scenario.equal("there are as many images as requested", data.length, count)
    yield* Scenario.that("the time is in seconds", (created ?? 0) > 1_000_000_000 && created! < 10_000_000_000, created)
    for (const { b64_json, url } of data) {
      yield* Scenario.equal("an image in Base64 has no URL", url, undefined)
      const header = Png.header(new Uint8Array(Buffer.from(b64_json ?? "", "base64")))
      yield* Scenario.includes(
        "it is a PNG of the requested size",
        yield* Scenario.present("the image is a PNG", Option.getOrUndefined(header)),
        { width: 256, height: 256 }
      )
    }
  })

const haveUrls = ({ data }: Contract.ImagesResponse) =>
  Scenario.that(
    "by default each image has a URL, and no Base64",
    data.length > 0 && data.every(({ b64_json, url }) => b64_json === undefined && URL.canParse(url ?? "")),
    data
  )

export const images: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "images/generate",
    title: "createImage returns images of the requested number and size, as URLs or in Base64",
    group: "happy",
    operations: ["createImage"],
    run: Effect.gen(function*() {
      const prompt = "A quiet harbour"
      yield* haveUrls(yield* Images.generate({ prompt, size: "256x256" }))
      yield* haveSize(yield* Images.generate({ prompt, n: 2, ...form }), 2)
    })
  }),
  Scenario.make({
    id: "images/revised",
    title: "dall-e-3 returns the prompt that it used",
    group: "happy",
    operations: ["createImage"],
    run: Effect.gen(function*() {
      const { data } = yield* Images.generate({ prompt: "A quiet harbour", model: "dall-e-3" })
      yield* Scenario.that("the image has a revised prompt", (data[0]?.revised_prompt ?? "").length > 0, data)
    })
  }),
  Scenario.make({
    id: "images/edit",
    title: "createImageEdit edits an image, with and without a mask",
    group: "happy",
    operations: ["createImageEdit"],
    run: Effect.gen(function*() {
      const prompt = "A quiet harbour"
      yield* haveUrls(yield* Images.edit({ image, prompt, size: "256x256" }))
      yield* haveSize(yield* Images.edit({ image, mask: image, prompt, n: 2, ...form }), 2)
    })
  }),
  Scenario.make({
    id: "images/vary",
    title: "createImageVariation varies an image",
    group: "happy",
    operations: ["createImageVariation"],
    run: Effect.gen(function*() {
      yield* haveUrls(yield* Images.vary({ image, size: "256x256" }))
      yield* haveSize(yield* Images.vary({ image, n: 2, ...form }), 2)
    })
  })
]
