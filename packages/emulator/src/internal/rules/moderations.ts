import type { Rule } from "./rule.js"

interface Request {
  readonly model: string
  /** The number of images in the input. */
  readonly images: number
}

/** Models before `omni-moderation` know neither images nor the categories of `illicit`. */
export const isTextModel = (model: string) => model.startsWith("text-moderation")

export const rules: ReadonlyArray<Rule<Request>> = [
  {
    param: "input",
    check: ({ images }) =>
      images > 1
        ? { code: "too_many_images", message: `Number of images (${images}) exceeds maximum of 1` }
        : undefined
  },
  {
    param: "input",
    check: ({ images, model }) => images > 0 && isTextModel(model) ? "This model does not support images." : undefined
  }
]
