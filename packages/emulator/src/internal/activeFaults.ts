import type { ServerError } from "@effect-openai/core/Api"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Hash from "effect/Hash"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Scope from "effect/Scope"
import { PCGRandom, type PCGRandomState } from "effect/Utils"
import * as Faults from "../Faults.js"
import * as Store from "../Store.js"
import { fromStore } from "./errors.js"
import { type Cell, inProcess, inStore } from "./sharedCell.js"

// The rules of faults that are in effect, and what they have counted.

/** A rule, what it has counted, and where it is in its own sequence of random numbers. */
interface Counted {
  readonly id: string
  readonly rule: Faults.Rule
  readonly matched: number
  readonly applied: number
  readonly random: PCGRandomState
}

export interface State {
  readonly seed: string | number
  /** How many rules there were, for their identifiers. */
  readonly count: number
  readonly rules: ReadonlyArray<Counted>
}

/** A fault, and what asked for it. */
export interface Chosen {
  readonly by: string
  readonly fault: Faults.Fault
}

// -----------------------------------------------------------------------------
// changes
// -----------------------------------------------------------------------------

const strict = { errors: "all", onExcessProperty: "error" } as const

/** Each rule has its own sequence: other rules don't change when it applies. */
const counted = (seed: string | number, number: number, rule: Faults.Rule): Counted => {
  const id = `fault_${number}`
  return { id, rule, matched: 0, applied: 0, random: new PCGRandom(Hash.string(`${seed} ${id}`)).getState() }
}

const begin = (seed: string | number, rules: ReadonlyArray<Faults.Rule>): State => ({
  seed,
  count: rules.length,
  rules: rules.map((rule, index) => counted(seed, index + 1, rule))
})

const isAbout = ({ operation: about }: Faults.Rule, operation: string | undefined): boolean =>
  about === undefined ||
  (operation !== undefined && (typeof about === "string" ? [about] : about).some((one) => one === operation))

/** The rule after a request that it is about, and whether it applies to the request. */
const meet = (given: Counted): { readonly rule: Counted; readonly isApplied: boolean } => {
  const { probability = 1, skip = 0, times = Infinity } = given.rule
  const rule = { ...given, matched: given.matched + 1 }
  if (rule.matched <= skip || rule.applied >= times) return { rule, isApplied: false }
  const applied = { ...rule, applied: rule.applied + 1 }
  if (probability === 1) return { rule: applied, isApplied: true }
  const random = new PCGRandom()
  random.setState(rule.random)
  const isApplied = random.number() < probability
  return { rule: { ...isApplied ? applied : rule, random: random.getState() }, isApplied }
}

/** The fault that a request meets: that of the first rule which applies. Those behind it do not count the request. */
const choose = (operation: string | undefined) => (state: State): readonly [Option.Option<Chosen>, State] => {
  const rules = [...state.rules]
  let hasChanged = false
  for (const [index, one] of state.rules.entries()) {
    if (!isAbout(one.rule, operation)) continue
    const { isApplied, rule } = meet(one)
    rules[index] = rule
    hasChanged = true
    if (isApplied) return [Option.some({ by: one.id, fault: one.rule.fault }), { ...state, rules }]
  }
  return [Option.none(), hasChanged ? { ...state, rules } : state]
}

const toActive = ({ applied, id, matched, rule }: Counted): Faults.ActiveRule => ({
  id,
  object: "emulator.fault",
  ...rule,
  matched,
  applied
})

const add = (rule: Faults.Rule) => (state: State): readonly [Faults.ActiveRule, State] => {
  const count = state.count + 1
  const added = counted(state.seed, count, rule)
  return [toActive(added), { ...state, count, rules: [...state.rules, added] }]
}

const replace =
  ({ rules, seed }: Faults.Rules) => (state: State): readonly [ReadonlyArray<Faults.ActiveRule>, State] => {
    const next = begin(seed ?? state.seed, rules)
    return [next.rules.map(toActive), next]
  }

const remove = (id: string) => (state: State): readonly [boolean, State] => {
  const rules = state.rules.filter((rule) => rule.id !== id)
  return rules.length < state.rules.length ? [true, { ...state, rules }] : [false, state]
}

// -----------------------------------------------------------------------------
// service
// -----------------------------------------------------------------------------

interface Service {
  readonly hasControl: boolean
  /** Whether a request can meet a rule. */
  readonly hasRules: () => boolean
  /** The fault that a request meets. What is asked and what is counted are one step. */
  readonly next: (operation: string | undefined) => Effect.Effect<Option.Option<Chosen>, ServerError>
  readonly list: Effect.Effect<ReadonlyArray<Faults.ActiveRule>, ServerError>
  readonly add: (rule: Faults.Rule) => Effect.Effect<Faults.ActiveRule, ServerError>
  readonly replace: (rules: Faults.Rules) => Effect.Effect<ReadonlyArray<Faults.ActiveRule>, ServerError>
  /** Removes the rule, and says whether there was one. */
  readonly remove: (id: string) => Effect.Effect<boolean, ServerError>
}

/** The rules in effect. */
export class ActiveFaults
  extends Context.Tag("@effect-openai/emulator/internal/ActiveFaults")<ActiveFaults, Service>()
{
}

/** An emulator without the option shares no rules, and has none. */
const cellOf = (
  options: Faults.Options | undefined,
  initial: State
): Effect.Effect<Cell<State>, never, Store.Store | Scope.Scope> =>
  Effect.flatMap(Store.Store, (store) =>
    options === undefined
      ? Effect.succeed(inProcess(initial))
      : inStore(store, "faults", initial) ?? Effect.succeed(inProcess(initial)))

export const layer = (options: Faults.Options | undefined): Layer.Layer<ActiveFaults, never, Store.Store> =>
  Layer.scoped(
    ActiveFaults,
    Effect.suspend(() => {
      const { rules } = ParseResult.validateSync(Faults.Rules, strict)({ rules: options?.rules ?? [] })
      return Effect.map(cellOf(options, begin(options?.seed ?? "", rules)), (cell): Service => ({
        hasControl: options?.control === true,
        hasRules: () => cell.known()?.rules.length !== 0,
        next: (operation) => fromStore(cell.update(choose(operation))),
        list: fromStore(Effect.map(cell.get, ({ rules }) => rules.map(toActive))),
        add: (rule) => fromStore(cell.updateAll(add(rule))),
        replace: (rules) => fromStore(cell.updateAll(replace(rules))),
        remove: (id) => fromStore(cell.updateAll(remove(id)))
      }))
    })
  )
