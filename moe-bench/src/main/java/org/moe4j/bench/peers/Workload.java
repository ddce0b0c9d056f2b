// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

/**
 * What is timed.
 *
 * @param kind reading a prompt or generating
 * @param tokens tokens that are timed, a sequence
 * @param sequences sequences that go together
 * @param depth tokens in the cache before
 */
record Workload(Kind kind, int tokens, int sequences, int depth) {

  /** The two phases of a request. */
  enum Kind {
    READ,
    GENERATE
  }

  /** Tokens of the prompt before the first that is generated. */
  private static final int SHORT_PROMPT = 16;

  static Workload read(int tokens) {
    return new Workload(Kind.READ, tokens, 1, 0);
  }

  static Workload generate(int tokens, int sequences) {
    return new Workload(Kind.GENERATE, tokens, sequences, SHORT_PROMPT);
  }

  Workload at(int newDepth) {
    return new Workload(kind, tokens, sequences, newDepth);
  }

  /** Positions of the longest sequence. */
  int context() {
    return depth + tokens + 2;
  }

  /** The command of a {@link PeerProcess}. */
  String command() {
    return switch (kind) {
      case READ -> "read %d %d".formatted(tokens, depth);
      case GENERATE -> "generate %d %d %d".formatted(tokens, sequences, depth);
    };
  }

  /** Tokens a second, over all sequences. */
  double rate(double seconds) {
    return (double) tokens * sequences / seconds;
  }

  @Override
  public String toString() {
    String where = depth > SHORT_PROMPT ? " @ " + depth : "";
    return switch (kind) {
      case READ -> "read " + tokens + where;
      case GENERATE -> "generate " + tokens + (sequences == 1 ? "" : " x " + sequences) + where;
    };
  }
}
