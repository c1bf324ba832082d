/**
 * Wordings that `npm run check:words` refuses, each with what to write. A space in a pattern fits a line break in a
 * comment or a paragraph as well. Patterns ignore case.
 */
export const refused = [
  // One term for one thing.
  [/\banswer(s|ed|ing)?\b/, "\"response\"; as a verb \"returns\", \"responds with\""],
  [/\bwhole\b(?! numbers?\b)/, "\"complete\", \"entire\", \"buffered\""],
  [/\bpatience\b/, "\"timeout\""],
  [/\bquicken(s|ed|ing)?\b/, "\"warm up\""],
  [/\bread(s|ing)? away\b/, "\"drain\""],
  [/\bnobody('s)?\b/, "\"no caller\", \"no client\", \"not …\"; \"unknown\" for an identifier"],
  [/\bstrangers?\b/, "\"another origin\", \"unknown\""],
  [/\bhouse\b/, "\"project\", \"repository\""],
  [/\bby chance\b/, "\"random\", \"randomly\""],
  [/\b(walks?|walked|walking)\b/, "\"iterates\", \"pagination\""],
  [/\bpiece by piece\b/, "\"in chunks\", \"incrementally\""],
  [/\bfall(s|en|ing)? silent\b|\bfell silent\b|\bin silence\b/, "\"stops sending\", \"idle\""],
  [/\bspeaks?\b|\bspoken\b/, "\"implements\", \"supports\""],
  [/\b(wakes?|woken)\b/, "\"resume\""],

  // Defaults, parameters, results.
  [/\bunless told\b/, "\"Default: …\""],
  [/\b(is|are|was|were|be|been|being|gets?) told\b/, "\"receives\", \"is set to\""],
  [/\b(tells|told|telling)\b|\btell\b(?! (me|us|apart)\b)/, "\"reports\", \"shows\", \"states\""],
  [/\b(is|are|was|were) said\b|\b(say|says|said) of\b/, "\"states\", \"describes\", \"documented\""],
  [/\bhand(s|ed|ing)? (out|over|back)\b/, "\"emits\", \"returns\", \"passes\""],
  [/\b(give|gives|given|gave|giving) (back|away|out)\b/, "\"returns\", \"releases\""],
  [/\b(give|gives|given|gave|giving) up\b/, "\"stops\", \"abandons\""],
  [/\blet(s|ting)? go of\b/, "\"releases\""],
  [/\blet(s|ting)? (in|out|through)\b/, "\"admits\", \"allows\""],
  [/\b(take|takes|taken|took|taking) up\b/, "\"resumes\", \"starts\""],
  [/\b(come|comes|came) (of|to an end|to nothing|to know)\b/, "\"results from\", \"ends\", \"fails\""],
  [/\b(go|goes|went|gone|going) (on|by)\b/, "\"continues\", \"passes\""],
  [/\b(break|breaks|broke|broken|breaking) off\b/, "\"aborts\", \"ends early\""],
  [/\b(know|knows|knew|known) of\b/, "\"knows\", \"has\""],
  [/\bmakes of\b|\bis made of\b/, "\"returns for\", \"consists of\", \"is derived from\""],
  [/\bas it were\b|\bthe like\b/, "leave it out; \"similar\""],
  [/\bis none\b|\bare none\b/, "\"is not one\", \"there is none\""],
  [/\bat work\b/, "\"in progress\", \"running\""],
  [/\b(under way|on (its|their) way)\b/, "\"in progress\", \"in flight\""],
  [
    /\b(held|holds?|holding) (it |them |that |all |both |a server |servers |any server |the emulator |Prism )?(to|against)\b/,
    "\"checks … against\""
  ],
  [/\ball holds\b|\b(something|what|anything) does not hold\b/, "\"passes\", \"fails\""],
  [
    /\b(stands?|stood|standing) (in|for|at|on|beside|between|there|alone|first|before|still|of)\b|\bas it stands\b/,
    "\"is in\", \"represents\", \"as it is\""
  ],

  // Who, as the subject of a sentence.
  [
    /(?<!\b(users?|people|person|persons|callers?|someone|anyone|everyone|those|readers?|developers?|engineers?) )\bwho (accepts|asks|asked|calls|can't|comes|does|gives|has|holds|is|keeps|listens|looks|needs|reads|receives|sends|sleeps|takes|uses|waits|wants|writes)\b/,
    "name the subject: \"a caller\", \"a waiting call\""
  ],
  [/\bwhoever\b/, "name the subject: \"a caller\", \"the server\""],
  [/\bof (its|their|his|one's|a program's|ours|our|your) own\b/, "\"its own …\""],
  [/\bof ours\b/, "\"this library's …\", \"our …\""],
  [/\b(is|are|was|were) no (?!longer\b|more\b|such\b)(?<!\bthere (is|are|was|were) no )/, "\"is not a …\""],
  [/\bnor\b(?<!\bneither\b[^.]*)/, "\"not … either\""],
  [/\bsay[,)]|, say[.;:]/, "\"for example\", \"such as\""],

  // Time and degree.
  [/\bat the (most|least)\b/, "\"at most\", \"at least\""],
  [/\band no more\b/, "\"at most\", \"only\""],
  [/\bfor ?ever\b/, "\"without end\", \"never ends\""],
  [/\bfor good\b/, "\"permanently\""],
  [/\bat once\b/, "\"immediately\" or \"at the same time\""],
  [/\bonce more\b|\banew\b/, "\"again\""],
  [/\bin vain\b/, "\"without success\""],
  [/\ball the same\b/, "\"anyway\", \"still\""],
  [/\bas ever\b/, "\"as before\""],
  [/\bseldom\b/, "\"rarely\""],
  [/\bheaps\b|\bheap(ed)? up\b|\bheaped\b/, "\"accumulate\""],

  // Archaic and literary words.
  [/\b(belong|belongs|belonging) into\b/, "\"belongs in\""],
  [/\bof (its|their|his|one's) (own )?mind\b/, "name what differs: \"not scripted\""],
  [/\bin the place of\b|\bin place of\b/, "\"instead of\""],
  [/\bbut (for|that)\b(?! (is|are|was|does|would|can|it)\b)/, "\"except\""],
  [/\bnothing but\b/, "\"only\""],
  [/\bwithout a word\b/, "\"without an error\", \"without a message\""],
  [
    /\b(ere|hence|hereby|lest|aught|nought|shall|thereby|therein|thereof|thus|upon|whence|whereby|wherein|whilst|amidst|ought)\b/,
    "\"so\", \"by\", \"on\", \"while\", \"must\""
  ],
  [/\bhowever (that|it|far|many|long|often)\b/, "\"any number of\", \"in any way\""],
  [/, for (it|they|there|nothing) (is|are|has|have|must|may|can|was|were|does|do|creates)\b/, "\", because\""],
  [/\bas \w+ (has|have) (it|them)\b/, "\"as … sends it\", \"matches\""],
  [/, else\b/, "\", otherwise\""],
  [/\bif need be\b|\bthe very\b|\bcomes? true\b/, "\"if necessary\"; leave it out; \"is correct\""],
  [/\bwhere that is (asked|wanted|needed)\b/, "\"if …\""],
  [/\bbeside\b/, "\"next to\", \"in addition to\", \"compared with\""],
  [/\bnowhere\b/, "\"not … anywhere\", \"not in any …\""],
  [/\bis (as )?good as\b/, "\"equals\""],
  [/\bby (itself|themselves|himself)\b/, "\"automatically\", \"alone\", \"independently\""],
  [/\b(bear|bears|bore)\b/, "\"has\", \"carries\""]
]

/** Paths without prose of this repository: licences, and files that a program writes. */
export const exempt = [
  "LICENSE",
  "packages/*/LICENSE",
  "packages/bench/results/*",
  "packages/contract-tests/coverage.json",
  "packages/core/test/facts/*",
  "pnpm-lock.yaml",
  "scripts/words.mjs"
]

/** Single texts that keep a refused wording, each with its reason. */
export const allowed = [
  {
    path: "packages/bench/src/payloads.ts",
    text: "answer the question of a customer",
    reason: "a payload: its length is part of the measurements"
  },
  {
    path: "examples/data/handbook.md",
    text: "We answer from nine to five",
    reason: "the document of an imaginary shop, as its staff would write it"
  },
  {
    path: "packages/emulator/src/internal/reading.ts",
    text: "set show tell thanks that",
    reason: "a word list: words of requests that do not name something"
  }
]
