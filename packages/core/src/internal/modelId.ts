import * as Schema from "effect/Schema"

/** The ID of a model: one of those that the documentation names, or any other. */
export const modelId = <const Documented extends ReadonlyArray<string>>(
  ...documented: Documented
): Schema.Schema<Documented[number] | (string & {})> =>
  Schema.String.annotations({ jsonSchema: { anyOf: [{ type: "string" }, { type: "string", enum: documented }] } })
