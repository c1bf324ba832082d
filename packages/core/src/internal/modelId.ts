import * as Schema from "effect/Schema"

/** The ID of a model: a documented one, or any other string. */
export const modelId = <const Documented extends ReadonlyArray<string>>(
  ...documented: Documented
): Schema.Schema<Documented[number] | (string & {})> =>
  Schema.String.annotations({ jsonSchema: { anyOf: [{ type: "string" }, { type: "string", enum: documented }] } })
