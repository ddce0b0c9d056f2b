// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static java.util.Locale.ROOT;

import java.util.ArrayList;
import java.util.List;
import org.moe4j.bench.Samples;

/**
 * Engines that have the same file open, in turn, so that a change of the machine's mood meets all
 * of them. An engine that dies leaves the contest.
 */
final class Contest {

  private static final int WARM_UPS = 12;

  private final Journal journal;
  private final Result.Model model;
  private final List<Peer> peers;

  /**
   * Begins a contest.
   *
   * @param journal receives the results
   * @param model the file
   * @param peers the engines; those that die are taken out
   */
  Contest(Journal journal, Result.Model model, List<Peer> peers) {
    this.journal = journal;
    this.model = model;
    this.peers = peers;
  }

  /** One workload, all engines in turn, round by round. */
  void run(Workload workload, int rounds) {
    List<Entry> entries = new ArrayList<>();
    for (Peer peer : List.copyOf(peers)) {
      Entry entry = new Entry(peer, workload);
      // What is deep takes its time, and the code is warm from the workloads before.
      int warmUps = workload.isDeep() ? 0 : WARM_UPS;
      if (attempt(entry, () -> Samples.warmUp(entry::seconds, warmUps))) {
        entries.add(entry);
      }
    }
    for (int round = 0; round < rounds; round++) {
      for (Entry entry : List.copyOf(entries)) {
        if (!attempt(entry, entry::round)) {
          entries.remove(entry);
        }
      }
    }
    for (Entry entry : entries) {
      Samples rates = new Samples(entry.rates);
      journal.result(new Result(model, workload, entry.peer.name(), rates));
      journal.say(
          String.format(
              ROOT,
              "%s, %s, %s: %.1f tokens/s",
              model.name(),
              workload,
              entry.peer.name(),
              rates.median()));
    }
  }

  /** What one engine does on one workload. */
  private static final class Entry {
    private final Peer peer;
    private final Workload workload;
    private final List<Double> rates = new ArrayList<>();

    Entry(Peer peer, Workload workload) {
      this.peer = peer;
      this.workload = workload;
    }

    double seconds() {
      return peer.measure(workload.command());
    }

    void round() {
      rates.add(workload.rate(seconds()));
    }
  }

  /** Whether it could be done. An engine that is dead leaves the list, too. */
  private boolean attempt(Entry entry, Runnable action) {
    try {
      action.run();
      return true;
    } catch (IllegalStateException e) {
      journal.remark("%s, %s: %s".formatted(model.name(), entry.workload, e.getMessage()));
      if (!entry.peer.isAlive()) {
        entry.peer.close();
        peers.remove(entry.peer);
      }
      return false;
    }
  }
}
