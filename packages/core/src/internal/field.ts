import * as Schema from "effect/Schema"
import * as Tolerant from "../Tolerant.js"
import { described } from "./described.js"

// The fields that resources have in common.

/** An integer. `Schema.Int` has an identifier, and so would become a component of the OpenAPI document. */
export const Integer = Schema.Number.pipe(Schema.int())

export const string = (description: string) => Schema.String.pipe(described(description))

export const nullableString = (description: string) => Schema.NullOr(Schema.String).pipe(described(description))

export const boolean = (description: string) => Schema.Boolean.pipe(described(description))

export const url = (description: string) =>
  Schema.String.annotations({ jsonSchema: { format: "uri" } }).pipe(described(description))

export const integer = (description: string) => Integer.pipe(described(description))

/** A time. `event` completes the sentence "Unix time in seconds when …". */
export const timestamp = (event: string) => integer(`Unix time in seconds when ${event}.`)

/** A time, or null. `otherwise` says when it is null. */
export const nullableTimestamp = (event: string, otherwise = "null otherwise") =>
  Schema.NullOr(Integer).pipe(described(`Unix time in seconds when ${event}; ${otherwise}.`))

/** The field `object`. */
export const objectType = <const Value extends string>(value: Value): Schema.Literal<[Value]> =>
  Schema.Literal(value).pipe(described(`The object type, always \`${value}\`.`))

/** The field `type` of a member of a union. */
export const kind = <const Value extends string>(of: string, value: Value): Schema.Literal<[Value]> =>
  Schema.Literal(value).pipe(described(`The type of the ${of}, always \`${value}\`.`))

/** The place of something in a list. */
export const index = (list: string) => integer(`The index in the ${list}, from 0.`)

/** The response to a deletion. */
export const deletion = <const ObjectType extends string>(
  identifier: string,
  object: ObjectType,
  what: string,
  verb = "deleted"
) =>
  Tolerant.struct({
    id: string(`The ID of the ${verb} ${what}.`)
  }, {
    object: objectType(object),
    deleted: boolean(`Whether the ${what} was ${verb}.`)
  }).annotations({ identifier, description: `Whether the ${what} was ${verb}.` })

/** Text of which servers also send JSON. */
export const text = (description: string) => Tolerant.coerced(string(description), toText)

const toText = (value: unknown): unknown => typeof value === "object" && value !== null ? JSON.stringify(value) : value

/** A function's or a format's name. */
export const name = (of: string) =>
  Schema.String.pipe(
    Schema.pattern(/^[a-zA-Z0-9_-]{1,64}$/),
    described(`The ${of}'s name: letters, digits, underscores and dashes, at most 64.`)
  )

/** The arguments of a call in a response. Some servers send an object, or null for none. */
export const toolArguments = (description: string) =>
  Tolerant.coerced(string(description), (value) => value === null || value === undefined ? "" : toText(value))

/** A JSON Schema as a value. */
export const JsonSchema = Schema.Record({ key: Schema.String, value: Schema.Unknown })

export const temperature = Schema.NullOr(Schema.Number.pipe(Schema.between(0, 2))).pipe(
  described("The sampling temperature, from 0 to 2. Higher values are more random.", { default: 1 })
)

export const topP = Schema.NullOr(Schema.Number.pipe(Schema.between(0, 1))).pipe(described(
  "Nucleus sampling, from 0 to 1: only the tokens within this probability mass are considered. An alternative to " +
    "`temperature`.",
  { default: 1 }
))

/** The field `user` of an inference. */
export const user = Schema.optional(string("An ID of the end user. It helps to detect abuse."))
