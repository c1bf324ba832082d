import * as Effect from "effect/Effect"
import type { Samples } from "./sample.js"

const image = { type: "image_url", image_url: { url: "https://example.com/harbour.png" } }

export const samples: Samples<"Moderations"> = {
  createModeration: {
    body: () => ({ input: "I want to help them." }),
    references: () => Effect.succeed({ model: undefined }),
    // At most one image in a request.
    adapt: ({ input, ...body }) => ({
      ...body,
      input: Array.isArray(input) && input.some((part) => typeof part === "object")
        ? input.filter((part, index) => part.type === "text" || index === 0)
        : input
    }),
    rules: [
      { title: "two images", field: "input", body: { input: [image, image] } },
      {
        title: "an image with a model of texts",
        field: "input",
        body: { model: "text-moderation-latest", input: [image] }
      }
    ]
  }
}
