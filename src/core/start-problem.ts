/**
 * Why the program cannot start, when a person can mend it: a folder that cannot be written, a port in use, a
 * variable that makes no sense. `message` is one or two plain sentences that say what is wrong and what to do;
 * they are printed as they are, without a stack, before a non-zero exit.
 */
export class StartProblem extends Error {
  override readonly name = 'StartProblem';
}
