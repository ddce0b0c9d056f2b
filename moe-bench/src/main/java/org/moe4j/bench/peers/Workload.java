// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import org.moe4j.bench.Measurement;

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

  static Workload read(int tokens) {
    return new Workload(Kind.READ, tokens, 1, 0);
  }

  static Workload generate(int tokens, int sequences) {
    return new Workload(Kind.GENERATE, tokens, sequences, Measurement.BEFORE_GENERATING);
  }

  Workload at(int newDepth) {
    return new Workload(kind, tokens, sequences, newDepth);
  }

  /** Positions of the longest sequence. */
  int context() {
    return switch (kind) {
      case READ -> Measurement.context(tokens, 0, depth);
      case GENERATE -> Measurement.context(0, tokens, depth);
    };
  }

  /** Whether the cache is filled at length before, which takes more time than what is timed. */
  boolean isDeep() {
    return depth > Measurement.BEFORE_GENERATING;
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
    String where = isDeep() ? " @ " + depth : "";
    return switch (kind) {
      case READ -> "read " + tokens + where;
      case GENERATE -> "generate " + tokens + (sequences == 1 ? "" : " x " + sequences) + where;
    };
  }
}
