/**
 * Schemas that decode what servers send, and keep what is documented as an annotation.
 *
 * Clients use such a Schema as it is. Servers, the OpenAPI document and tests use {@link exact}, which returns the
 * documented Schema.
 *
 * @since 0.1.0
 */
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

const ExactId: unique symbol = Symbol.for("@effect-openai/core/Tolerant/Exact")

const getExact = AST.getAnnotation<AST.AST>(ExactId)

/**
 * A Schema of what servers send, annotated with the Schema of what is documented.
 *
 * @since 0.1.0
 * @category constructors
 */
export const documentedAs = <A, B extends A>(
  tolerant: Schema.Schema<A>,
  documented: Schema.Schema<B>
): Schema.Schema<A> => Schema.make(AST.annotations(tolerant.ast, { [ExactId]: documented.ast }))

// Exists only as a type. The compiler narrows by unit types, such as the members of an enum. A branded string would stay
// in every branch.
declare enum Unknown {
  value = "unknown"
}

export type {
  /**
   * A string that is not one of the documented values. It is a distinct type, so that a `switch` over the documented
   * values narrows, and its `default` receives this type. Assign it to a `string` to compare it.
   *
   * @since 0.1.0
   * @category models
   */
  Unknown
}

/**
 * Marks a string as an undocumented value. Use it to create a response by hand.
 *
 * @since 0.1.0
 * @category constructors
 */
export const unknown = (value: string): Unknown => value as Unknown

/**
 * One of the documented strings, or any other string as {@link Unknown}.
 *
 * @example
 * import { Tolerant } from "@effect-openai/core"
 * import * as Schema from "effect/Schema"
 *
 * const Purpose = Tolerant.literals("assistants", "vision")
 *
 * Schema.decodeUnknownSync(Purpose)("user_data") // passes
 *
 * @since 0.1.0
 * @category constructors
 */
export const literals = <const Literals extends readonly [string, ...ReadonlyArray<string>]>(
  ...values: Literals
): Schema.Schema<Literals[number] | Unknown> =>
  // `any`: the Schema of strings decodes both the literals and all other strings. Only the type `Unknown` separates them.
  documentedAs<any, any>(Schema.String, Schema.Literal(...values))

/**
 * Any string except the documented ones.
 *
 * @since 0.1.0
 * @category constructors
 */
export const undocumented = (documented: ReadonlyArray<string>): Schema.Schema<Unknown> =>
  Schema.make(
    Schema.String.pipe(
      Schema.filter((value) => !documented.includes(value), { description: "an undocumented kind" })
    ).ast
  )

/**
 * A member of a union that is not documented: its tag, and all other fields that the server sent.
 *
 * @since 0.1.0
 * @category models
 */
export type UnknownMember<Tag extends string> =
  & { readonly [K in Tag]: Unknown }
  & { readonly [key: string]: unknown }

interface Tagged<Tag extends string> extends Schema.Schema.AnyNoContext {
  readonly fields: { readonly [K in Tag]: { readonly literals: ReadonlyArray<string> } }
}

/**
 * A union of Structs that differ by a literal field, the tag. An object with an undocumented tag decodes to an
 * {@link UnknownMember}. An object with a documented tag must fit that member.
 *
 * @since 0.1.0
 * @category constructors
 */
export const union = <
  const Tag extends string,
  const Members extends readonly [Tagged<Tag>, ...ReadonlyArray<Tagged<Tag>>]
>(
  tag: Tag,
  ...members: Members
): Schema.Schema<Schema.Schema.Type<Members[number]> | UnknownMember<Tag>> => {
  const other = Schema.Struct({ [tag]: undocumented(members.flatMap((member) => member.fields[tag].literals)) })
  const asts = members.map((member) => member.ast)
  // `any`: Schemas made from ASTs have no type. The result's type is stated above.
  return documentedAs(Schema.make<any>(AST.Union.make([...asts, other.ast])), Schema.make<any>(AST.Union.make(asts)))
}

/**
 * A field that is documented as required, and that some servers leave out.
 *
 * @since 0.1.0
 * @category constructors
 */
export const optional = <S extends Schema.Schema.AnyNoContext>(schema: S): Schema.optional<S> =>
  Schema.optional(schema).annotations({ [ExactId]: schema.ast })

/**
 * Removes the limits of a Schema (lengths, ranges, patterns) and keeps them as documented. A response of a server that
 * exceeds its own limits still decodes.
 *
 * @since 0.1.0
 * @category combinators
 */
export const unlimited = <A>(schema: Schema.Schema<A>): Schema.Schema<A> =>
  documentedAs(Schema.make(withoutRefinements(schema.ast)), schema)

/**
 * The Schema as documented, at any depth.
 *
 * @since 0.1.0
 * @category combinators
 */
export const exact = <A, I, R>(schema: Schema.Schema<A, I, R>): Schema.Schema<A, I, R> =>
  Schema.make(toExact(schema.ast))

const withoutRefinements = (ast: AST.AST): AST.AST =>
  ast._tag === "Refinement" ? withoutRefinements(ast.from) : mapChildren(ast, withoutRefinements)

const toExact = (ast: AST.AST): AST.AST =>
  Option.match(getExact(ast), {
    onNone: () =>
      mapChildren(ast, toExact, (signature) =>
        Option.match(getExact(signature), {
          onNone: () => signature,
          onSome: (type) => changed(signature, { type, isOptional: false })
        })),
    onSome: (documented) => withJsonSchemaOf(ast, toExact(documented))
  })

/** The tolerant Schema's annotations for the OpenAPI document apply to the documented one. */
const withJsonSchemaOf = (tolerant: AST.AST, documented: AST.AST): AST.AST =>
  Option.match(AST.getJSONSchemaAnnotation(tolerant), {
    onNone: () => documented,
    onSome: (jsonSchema) =>
      AST.annotations(documented, {
        ...documented.annotations,
        [AST.JSONSchemaAnnotationId]: {
          ...Option.getOrUndefined(AST.getJSONSchemaAnnotation(documented)),
          ...jsonSchema
        }
      })
  })

/** A copy of the same class with some fields changed. */
const changed = <A extends object>(self: A, fields: Partial<A>): A =>
  Object.assign(Object.create(Object.getPrototypeOf(self)), self, fields)

const mapChildren = (
  ast: AST.AST,
  f: (ast: AST.AST) => AST.AST,
  ofSignature: (signature: AST.PropertySignature) => AST.PropertySignature = identity
): AST.AST => {
  const mapTypes = <A extends { readonly type: AST.AST }>(all: ReadonlyArray<A>) =>
    all.map((one) => changed(one, { type: f(one.type) } as Partial<A>))
  switch (ast._tag) {
    case "TypeLiteral":
      return changed(ast, {
        propertySignatures: mapTypes(ast.propertySignatures.map(ofSignature)),
        indexSignatures: mapTypes(ast.indexSignatures)
      })
    case "TupleType":
      return changed(ast, { elements: mapTypes(ast.elements), rest: mapTypes(ast.rest) })
    case "Union":
      return AST.Union.make(ast.types.map(f), ast.annotations)
    case "Refinement":
      return changed(ast, { from: f(ast.from) })
    case "Suspend":
      return new AST.Suspend(() => f(ast.f()), ast.annotations)
    default:
      return ast
  }
}
