/**
 * Schemas that read what servers send, and keep what is documented.
 *
 * The rule: a response is accepted if its essential fields are there. Essential is what makes the response useful, such as
 * the message of a choice, a vector, the ID of an object, or the items of a list. Every other field may be missing, may be
 * null, and may have another literal. Limits (lengths, ranges, patterns) do not apply to responses. {@link struct} derives
 * this reading from the documented fields, and the types show it: a field that can be missing is optional, and a literal can
 * be {@link Unknown}.
 *
 * A Schema accepts a value as it is, except for null, numbers as text, and text as numbers: {@link normalize} makes such a
 * value fit. Clients use both. Servers, the OpenAPI document and tests use {@link exact}, which returns the documented
 * Schema. What the tolerant Schema accepts beyond it is a deviation.
 *
 * @since 0.1.0
 */
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as Struct from "./Struct.js"

const ExactId: unique symbol = Symbol.for("@effect-openai/core/Tolerant/Exact")

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

// -----------------------------------------------------------------------------
// unknown values
// -----------------------------------------------------------------------------

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

// Is not a limit, so it stays when limits are removed.
const UndocumentedId: unique symbol = Symbol.for("@effect-openai/core/Tolerant/Undocumented")

/**
 * Any string except the documented ones.
 *
 * @since 0.1.0
 * @category constructors
 */
export const undocumented = (documented: ReadonlyArray<string>): Schema.Schema<Unknown> =>
  Schema.make(
    Schema.String.pipe(
      Schema.filter((value) => !documented.includes(value), {
        description: "an undocumented kind",
        [UndocumentedId]: true
      })
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

const TagId: unique symbol = Symbol.for("@effect-openai/core/Tolerant/Tag")

const getTag = ({ annotations }: AST.AST) => annotations[TagId] as string | undefined

/**
 * A union of Structs that differ by a literal field, the tag. An object with an undocumented tag decodes to an
 * {@link UnknownMember}. An object with a documented tag must fit that member. {@link normalize} adds a missing tag if the
 * object has a field of the tag's name, such as `function`.
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
  const other = Struct.make({ [tag]: undocumented(members.flatMap((member) => member.fields[tag].literals)) })
  const asts = members.map((member) => member.ast)
  // `any`: Schemas made from ASTs have no type. The result's type is stated above.
  return documentedAs(
    Schema.make<any>(AST.Union.make([...asts, other.ast], { [TagId]: tag })),
    Schema.make<any>(AST.Union.make(asts))
  )
}

// -----------------------------------------------------------------------------
// structs
// -----------------------------------------------------------------------------

/**
 * A type whose string literals may also be {@link Unknown}.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Loose<A> = A extends string ? string extends A ? A : A | Unknown
  : A extends ReadonlyArray<infer Item> ? ReadonlyArray<Loose<Item>>
  : A

/**
 * A field that may be missing, and whose literals may be others.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Optional<Field> = Field extends Schema.optional<infer S>
  ? Schema.optional<Schema.Schema<Loose<Schema.Schema.Type<S>>>>
  : Field extends Schema.Schema.All ? Schema.optional<Schema.Schema<Loose<Schema.Schema.Type<Field>>>>
  : never

type Fields = Schema.Struct.Fields

/** How {@link normalize} treats a field, beyond its type. */
interface Coercion {
  readonly coerce: (value: unknown) => unknown
  readonly keepAs: string | undefined
}

const CoercedId: unique symbol = Symbol.for("@effect-openai/core/Tolerant/Coerced")

/**
 * Sets the coercion of a field of {@link struct}. {@link normalize} calls it with what the server sent, or with undefined if
 * an essential field is missing. The function must return a value that fits as it is. `keepAs` names another field, which
 * receives a value that was changed.
 *
 * @since 0.1.0
 * @category combinators
 */
export const coerced = <S extends Schema.Annotable.All>(
  schema: S,
  coerce: (value: unknown) => unknown,
  options?: { readonly keepAs?: string | undefined }
): S =>
  // An annotated Schema has the same type.
  schema.annotations({ [CoercedId]: { coerce, keepAs: options?.keepAs } satisfies Coercion }) as S

const BesideId: unique symbol = Symbol.for("@effect-openai/core/Tolerant/Beside")

/**
 * A field of {@link struct} that is not documented. It is optional, and {@link exact} removes it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const beside = <S extends Schema.Schema.AnyNoContext>(schema: S): Schema.optional<S> =>
  Schema.optional(schema).annotations({ [BesideId]: true })

/** What a Struct is derived from: all fields, also undocumented ones. */
interface Origin {
  readonly fields: Fields
  readonly essential: object
}

const OriginId: unique symbol = Symbol.for("@effect-openai/core/Tolerant/Origin")

const getOrigin = ({ annotations }: AST.AST) => annotations[OriginId] as Origin | undefined

const schemaOf = (field: Fields[string]): Schema.Schema.All =>
  Schema.isPropertySignature(field)
    // `Schema.optional` keeps its Schema as `from`. The check above loses the type.
    ? (field as Schema.optional<Schema.Schema.All>).from
    : field

/** The same Schema if it has no limits, so that literals and fields stay accessible. */
const essentialField = (field: Fields[string]): Fields[string] => {
  const { ast } = schemaOf(field)
  const unlimited = withoutLimits(ast)
  return unlimited === ast ? field : Schema.make(unlimited)
}

const otherField = (field: Fields[string]): Fields[string] =>
  Schema.optional(Schema.make(withoutLimits(withoutLiterals(schemaOf(field).ast))))

/**
 * The Struct of a response, derived from its documented fields. The essential fields must be there. Every other field may be
 * missing, and its literals may be others; with {@link normalize} it may also be null. Limits do not apply.
 *
 * @example
 * import { Tolerant } from "@effect-openai/core"
 * import * as Schema from "effect/Schema"
 *
 * const File = Tolerant.struct({ id: Schema.String }, {
 *   bytes: Schema.Int,
 *   purpose: Schema.Literal("assistants", "vision")
 * })
 *
 * Schema.decodeUnknownSync(File)({ id: "file-abc123", purpose: "user_data" }) // passes
 *
 * @since 0.1.0
 * @category constructors
 */
export const struct = <Essential extends { readonly [name: string]: Schema.Schema.All }, Other extends Fields>(
  essential: Essential,
  other: Other
): Struct.Struct<Essential & { readonly [K in keyof Other]: Optional<Other[K]> }> => {
  const origin: Origin = { fields: { ...essential, ...other }, essential }
  const fields = Object.fromEntries(
    Object.entries(origin.fields).map(([name, field]) => [
      name,
      name in essential ? essentialField(field) : otherField(field)
    ])
  )
  // `any`: the types of the fields are stated above.
  return Struct.make(fields).annotations({ [OriginId]: origin }) as any
}

/**
 * A type with all its fields, at any depth, and without undocumented values: what is documented of a type that
 * {@link struct} derived. `OptionalField` names the fields that are documented as optional.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Documented<A, OptionalField extends PropertyKey = never> = A extends Unknown | UnknownMember<"type"> ? never
  : A extends ReadonlyArray<infer Item> ? ReadonlyArray<Documented<Item, OptionalField>>
  : A extends object ?
      & {
        readonly [K in keyof A as K extends OptionalField ? never : K]-?: Documented<
          Exclude<A[K], undefined>,
          OptionalField
        >
      }
      & { readonly [K in keyof A as K extends OptionalField ? K : never]: Documented<A[K], OptionalField> }
  : A

// -----------------------------------------------------------------------------
// normalization
// -----------------------------------------------------------------------------

/** Returns the same value if nothing changes. */
interface Normalize {
  (value: unknown): unknown
}

/**
 * Makes a value fit where a Schema of {@link struct} is tolerant, and returns a copy if something changes. Null is removed
 * from a field that is not essential and not documented as null. A number as text becomes a number where the Schema
 * has a number, and a number becomes text where the Schema has text. {@link coerced} fields are coerced, and missing tags
 * of a {@link union} are added. Fields that the Schema does not name are kept. The result can still not fit.
 *
 * @since 0.1.0
 * @category combinators
 */
export const normalize = (schema: Schema.Schema.AnyNoContext): (value: unknown) => unknown =>
  normalizeType(AST.typeAST(schema.ast), false)

const toNumber: Normalize = (value) =>
  typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value

const toText: Normalize = (value) => typeof value === "number" ? String(value) : value

const normalizeType = (ast: AST.AST, tolerant: boolean): Normalize => {
  switch (ast._tag) {
    case "TypeLiteral":
      return normalizeObject(ast, tolerant)
    case "TupleType":
      return normalizeArray(ast, tolerant)
    case "Union":
      return normalizeUnion(ast, tolerant)
    case "Refinement":
      return normalizeType(ast.from, tolerant)
    case "Suspend": {
      let found: Normalize | undefined
      return (value) => (found ??= normalizeType(ast.f(), tolerant))(value)
    }
    case "NumberKeyword":
      return tolerant ? toNumber : identity
    case "StringKeyword":
      return tolerant ? toText : identity
    default:
      return identity
  }
}

const normalizeArray = ({ elements, rest: [item, ...others] }: AST.TupleType, tolerant: boolean): Normalize => {
  if (elements.length > 0 || item === undefined || others.length > 0) return identity
  const normalizeItem = normalizeType(item.type, tolerant)
  if (normalizeItem === identity) return identity
  return (value) => {
    if (!Array.isArray(value)) return value
    let copy: Array<unknown> | undefined
    for (let i = 0; i < value.length; i++) {
      const next = normalizeItem(value[i])
      if (next !== value[i]) (copy ??= value.slice())[i] = next
    }
    return copy ?? value
  }
}

const takesNull = (ast: AST.AST): boolean =>
  AST.isUnion(ast)
    ? ast.types.some(takesNull)
    : AST.isUnknownKeyword(ast) || (AST.isLiteral(ast) && ast.literal === null)

const normalizeObject = (ast: AST.TypeLiteral, tolerant: boolean): Normalize => {
  const origin = getOrigin(ast)
  const fields = ast.propertySignatures.map(({ name, type }) => {
    const essential = origin !== undefined && name in origin.essential
    return {
      name,
      coercion: origin && schemaOf(origin.fields[name]!).ast.annotations[CoercedId] as Coercion | undefined,
      essential,
      dropsNull: origin !== undefined && !essential && !takesNull(type),
      normalize: normalizeType(type, origin !== undefined)
    }
  })
  const [index] = ast.indexSignatures
  const normalizeValue = index === undefined ? identity : normalizeType(index.type, tolerant)
  return (value) => {
    if (!Predicate.isReadonlyRecord(value)) return value
    let copy: Record<PropertyKey, unknown> | undefined
    const change = () => copy ??= { ...value }
    for (const { coercion, dropsNull, essential, name, normalize } of fields) {
      const sent = Object.hasOwn(value, name)
      if (!sent && !(essential && coercion !== undefined)) continue
      const before = sent ? value[name as string] : undefined
      const between = coercion === undefined ? before : coercion.coerce(before)
      if (between === null && dropsNull) {
        Reflect.deleteProperty(change(), name)
        continue
      }
      const after = normalize(between)
      if (after === before) continue
      change()[name] = after
      if (between !== before && before !== null && coercion?.keepAs !== undefined) change()[coercion.keepAs] = before
    }
    if (normalizeValue !== identity) {
      for (const name of Object.keys(value)) {
        const after = normalizeValue(value[name])
        if (after !== value[name]) change()[name] = after
      }
    }
    return copy ?? value
  }
}

const literalsOf = (ast: AST.AST): ReadonlyArray<AST.LiteralValue> =>
  AST.isLiteral(ast) ? [ast.literal] : AST.isUnion(ast) ? ast.types.flatMap(literalsOf) : []

/** The required fields of an object that are literals. */
const tagsOf = (ast: AST.AST) =>
  AST.isTypeLiteral(ast)
    ? ast.propertySignatures.flatMap(({ isOptional, name, type }) => {
      const literals = isOptional ? [] : literalsOf(type)
      return literals.length === 0 ? [] : [{ name, literals }]
    })
    : []

/** The members of nested unions too, except of a union by tag. */
const membersOf = (ast: AST.AST): ReadonlyArray<AST.AST> =>
  AST.isUnion(ast) && getTag(ast) === undefined ? ast.types.flatMap(membersOf) : [withoutLimits(ast)]

const normalizeUnion = (ast: AST.Union, tolerant: boolean): Normalize => {
  const members = ast.types.flatMap(membersOf).map((type) => ({
    of: type._tag,
    tags: tagsOf(type),
    normalize: normalizeType(type, tolerant)
  }))
  /** How values of a type are normalized, if all members of the type agree. */
  const common = (...types: ReadonlyArray<string>) => {
    const [one, ...others] = new Set(members.flatMap(({ normalize, of }) => types.includes(of) ? normalize : []))
    return one === undefined || others.length > 0 ? identity : one
  }
  const normalizeItems = common("TupleType")
  const normalizeScalar = common("NumberKeyword", "StringKeyword")
  const objects = members.filter(({ of }) => of === "TypeLiteral" || of === "Union")
  const tag = getTag(ast)
  const tagged = tag === undefined
    ? identity
    : addTag(tag, objects.flatMap(({ tags }) => tags.flatMap(({ literals, name }) => name === tag ? literals : [])))
  return (value) => {
    if (Array.isArray(value)) return normalizeItems(value)
    if (!Predicate.isReadonlyRecord(value)) return normalizeScalar(value)
    const object = tagged(value) as { readonly [name: PropertyKey]: unknown }
    const member = objects.find(({ tags }) =>
      tags.every(({ literals, name }) => literals.some((one) => one === object[name]))
    )
    return member === undefined ? object : member.normalize(object)
  }
}

/** Adds a tag that is missing or null, if the object has a field of its name. */
const addTag = (tag: string, literals: ReadonlyArray<AST.LiteralValue>): Normalize => (value) => {
  const object = value as { readonly [name: string]: unknown }
  if (object[tag] !== undefined && object[tag] !== null) return object
  const literal = literals.find((literal) => Object.hasOwn(object, String(literal)))
  return literal === undefined ? object : { ...object, [tag]: literal }
}

// -----------------------------------------------------------------------------
// documented Schemas
// -----------------------------------------------------------------------------

/**
 * The Schema as documented, at any depth.
 *
 * @since 0.1.0
 * @category combinators
 */
export const exact = <A, I, R>(schema: Schema.Schema<A, I, R>): Schema.Schema<A, I, R> =>
  Schema.make(toExact(schema.ast))

const withoutLimits = (ast: AST.AST): AST.AST =>
  ast._tag === "Refinement" && ast.annotations[UndocumentedId] === undefined
    ? withoutLimits(ast.from)
    : mapChildren(ast, withoutLimits)

/** Literals that are strings, alone, in a union or in a list, become any string. */
const withoutLiterals = (ast: AST.AST): AST.AST => {
  switch (ast._tag) {
    case "Literal":
      return typeof ast.literal === "string" ? AST.stringKeyword : ast
    case "Union":
    case "TupleType":
    case "Refinement":
      return mapChildren(ast, withoutLiterals)
    default:
      return ast
  }
}

const toExact = (ast: AST.AST): AST.AST => {
  const documented = ast.annotations[ExactId] as AST.AST | undefined
  if (documented !== undefined) return withJsonSchemaOf(ast, toExact(documented))
  const origin = getOrigin(ast)
  if (origin === undefined) return mapChildren(ast, toExact)
  const { [OriginId]: _, ...annotations } = ast.annotations
  const fields = Object.entries(origin.fields).filter(([, field]) => !isBeside(field))
  return changed(toExact(Struct.make(Object.fromEntries(fields)).ast), { annotations })
}

const isBeside = (field: Fields[string]): boolean =>
  Schema.isPropertySignature(field) && "annotations" in field.ast && field.ast.annotations[BesideId] === true

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

const isSame = (one: unknown, other: unknown): boolean =>
  Array.isArray(one) && Array.isArray(other) ? one.every((item, index) => item === other[index]) : one === other

/** A copy of the same class with some fields changed. The same object if none changes. */
const changed = <A extends object>(self: A, fields: Partial<A>): A =>
  Object.entries(fields).every(([name, value]) => isSame(self[name as keyof A], value))
    ? self
    : Object.assign(Object.create(Object.getPrototypeOf(self)), self, fields)

/** Returns the same AST if no child changes. */
const mapChildren = (ast: AST.AST, f: (ast: AST.AST) => AST.AST): AST.AST => {
  const mapTypes = <A extends { readonly type: AST.AST }>(all: ReadonlyArray<A>) =>
    all.map((one) => changed(one, { type: f(one.type) } as Partial<A>))
  switch (ast._tag) {
    case "TypeLiteral":
      return changed(ast, {
        propertySignatures: mapTypes(ast.propertySignatures),
        indexSignatures: mapTypes(ast.indexSignatures)
      })
    case "TupleType":
      return changed(ast, { elements: mapTypes(ast.elements), rest: mapTypes(ast.rest) })
    case "Union": {
      const types = ast.types.map((type) => f(type))
      return isSame(ast.types, types) ? ast : AST.Union.make(types, ast.annotations)
    }
    case "Refinement":
      return changed(ast, { from: f(ast.from) })
    case "Suspend":
      return new AST.Suspend(() => f(ast.f()), ast.annotations)
    default:
      return ast
  }
}
