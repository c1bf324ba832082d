import * as Effect from "effect/Effect"
import { opaque, small, square, wide } from "../scenarios/media.js"
import type { Samples } from "./sample.js"

const png = (content: Uint8Array) => ({ fileName: "image.png", content })

const notPng = { fileName: "image.png", content: "This is a text." }

const invalidImages = [
  { title: "an image that is not a PNG", field: "image", body: { image: notPng } },
  { title: "an image that is not square", field: "image", body: { image: png(wide) } }
]

export const samples: Samples<"Images"> = {
  createImage: {
    body: () => ({ prompt: "A quiet harbour", size: "256x256" }),
    references: () => Effect.succeed({ model: undefined }),
    // The default model. Few images, since each is billed.
    adapt: ({ n, prompt, quality: _, size, style: _1, ...body }) => ({
      ...body,
      prompt: `A quiet harbour ${String(prompt)}`.slice(0, 1000),
      ...(typeof n === "number" ? { n: Math.min(n, 2) } : {}),
      ...(typeof size === "string" ? { size: "256x256" } : {})
    }),
    rules: [
      { title: "two images of dall-e-3", field: "n", body: { model: "dall-e-3", n: 2, size: "1024x1024" } },
      { title: "a size that dall-e-3 does not have", field: "size", body: { model: "dall-e-3", size: "256x256" } },
      { title: "a size that dall-e-2 does not have", field: "size", body: { model: "dall-e-2", size: "1792x1024" } },
      { title: "a prompt that is too long for dall-e-2", field: "prompt", body: { prompt: "a ".repeat(501) } },
      { title: "a quality of dall-e-2", field: "quality", body: { model: "dall-e-2", quality: "hd" } },
      { title: "a style of dall-e-2", field: "style", body: { model: "dall-e-2", style: "vivid" } }
    ]
  },
  createImageEdit: {
    body: () => ({ image: png(square), prompt: "A quiet harbour", size: "256x256" }),
    rules: [
      ...invalidImages,
      { title: "an image without transparency and without a mask", field: "image", body: { image: png(opaque) } },
      { title: "a mask of another size", field: "mask", body: { mask: png(small) } },
      { title: "a prompt that is too long", field: "prompt", body: { prompt: "a ".repeat(501) } }
    ]
  },
  createImageVariation: {
    body: () => ({ image: png(square), size: "256x256" }),
    rules: invalidImages
  }
}
