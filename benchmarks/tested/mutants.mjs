// Try mutants of a script of the pages, for mutants.py: what the tests ask of the page is asked once of
// the script as it is and once of each mutant, in a context of its own.
import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { pathToFileURL } from "node:url";

const [folder, script, questionsFile, most, seed] = process.argv.slice(2);
const instrumenter = "node_modules/@stryker-mutator/instrumenter/dist/src/instrumenter.js";
const { Instrumenter } = await import(pathToFileURL(path.join(folder, instrumenter)));
const logger = { debug() {}, info() {}, isDebugEnabled: () => false };
const content = fs.readFileSync(script, "utf8");
const lines = content.split("\n");
const { files, mutants } = await new Instrumenter(logger).instrument(
  [{ name: script, mutate: true, content }],
  { plugins: null, excludedMutations: [], ignorers: [] },
);
// A question may wait for its answer; the clock stands still, so that no pause is made meanwhile.
const performance = { now: () => 0 };
const setTimeout = (resume) => resume();
const code = new vm.Script(files[0].content);
const questions = JSON.parse(fs.readFileSync(questionsFile, "utf8"));

const usual = []; // seconds that each question takes the script as it is
const seconds = () => process.cpuUsage().user / 1e6;

/** Ask a mutant one question after the other; each has so many times the usual time. */
function* answers(activeMutant, patience) {
  const globals = { atob, performance, setTimeout, __stryker__: { activeMutant } };
  const context = vm.createContext(globals, { microtaskMode: "afterEvaluate" });
  code.runInContext(context);
  for (const [number, [call, argument]] of questions.entries()) {
    const timeout = Math.ceil(1000 * patience * (usual[number] ?? 100));
    const asked = `(async () => (${call})(${argument}))()`;
    vm.runInContext(`${asked}.then((said) => (answer = said), (e) => (answer = e.message))`, context, { timeout });
    yield context.answer;
  }
}

const inside = (value) => Object.keys(value ?? {}).map((key) => value[key]);
const largest = (value) =>
  typeof value !== "object" ? Math.abs(value) || 0 : inside(value).reduce((most, part) => Math.max(most, largest(part)), 1);

/** Whether answers have the same parts, and numbers differ by no more than the tests allow. */
function alike(ours, theirs, tolerance = 1e-5 * largest(theirs)) {
  if (typeof theirs !== "object") return ours === theirs || Math.abs(ours - theirs) <= tolerance;
  const [one, other] = [inside(ours), inside(theirs)];
  return one.length === other.length && one.every((part, i) => alike(part, other[i], tolerance));
}

const right = [];
let began = seconds();
for (const answer of answers("", 20)) {
  right.push(answer);
  usual.push(seconds() - began + 0.02);
  began = seconds();
}

/** Whether a mutant gives another answer, an error, or none in ten times the usual time. */
function isKilled({ id }, patience = 20) {
  let [number, start] = [0, seconds()];
  try {
    for (const answer of answers(id, patience)) {
      if (!alike(answer, right[number])) return true;
      [number, start] = [number + 1, seconds()];
    }
    return false;
  } catch (error) {
    // The clock ends it; where that was early, because others used the processor, it begins anew.
    const early = error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT" && seconds() - start < 10 * usual[number];
    return early ? isKilled({ id }, 2 * patience) : true;
  }
}
if (isKilled({ id: "" })) throw new Error("The script differs from itself.");

/** The line of a mutant, what it changes there, and what it becomes. */
function change({ location: { start, end }, replacement }) {
  const line = lines[start.line];
  const was = start.line === end.line ? line.slice(start.column, end.column) : "{...}";
  return `${line.trim()} | ${was}  ->  ${replacement.replaceAll(/\s+/g, " ")}`;
}

/** Random numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function random(state) {
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// What follows is no forward pass; what an error says counts for nothing, and where a loop fills a typed
// array, one more round changes nothing: what is assigned past its end is ignored.
const end = lines.findIndex((line) => / Backward, | Stored networks /.test(line));
const fills = /for \(let i = 0; i < (\w+)\.length; i\+\+\).* \1\[i\] \+?= /;
const all = mutants.filter(({ location: { start }, replacement }) => {
  const line = lines[start.line];
  return start.line < end && !/throw new/.test(line) && !(fills.test(line) && replacement.includes("<="));
});
const draw = random(Number(seed));
const tried = all
  .map((mutant) => [draw(), mutant])
  .sort(([a], [b]) => a - b)
  .slice(0, Number(most))
  .map(([, mutant]) => mutant);
const survivors = tried.filter((mutant) => !isKilled(mutant)).map(change);
console.log(JSON.stringify([all.length, tried.length, survivors]));
