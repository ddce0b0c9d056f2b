// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.moe4j.bench.Samples;

/**
 * How an engine starts with a file that the page cache holds.
 *
 * @param opened seconds from the start of the process until the model is open
 * @param firstToken seconds from the start of the process to the first token of a prompt of 16
 * @param fullSpeed seconds from the start of the process until reading and generating are within a
 *     tenth of what they come to
 */
record StartUp(double opened, double firstToken, double fullSpeed) {

  private static final double WATCHED_SECONDS = 25;
  private static final double NEARLY = 0.9;
  private static final Workload FIRST = Workload.read(16);
  private static final Workload READ = Workload.read(128);
  private static final Workload GENERATE = Workload.generate(32, 1);

  /**
   * The speed of a piece of work.
   *
   * @param end seconds from the start of the process to its end
   * @param rate tokens a second
   */
  record Step(double end, double rate) {}

  /**
   * Starts an engine twice and watches it for some twenty-five seconds the second time: a virtual
   * machine gets memory from its host when it is first touched, for which the first engine would
   * pay and the next one not.
   *
   * @param recipe how it is started
   * @param file what it opens
   * @param log where it writes what it has to say
   */
  static StartUp measure(Peer.Recipe recipe, Path file, File log) throws IOException {
    try (Peer peer = recipe.start(log)) {
      open(peer, file);
    }
    long start = System.nanoTime();
    try (Peer peer = recipe.start(log)) {
      open(peer, file);
      double opened = since(start);
      peer.measure(FIRST.command());
      double firstToken = since(start);
      List<Step> reading = new ArrayList<>();
      List<Step> generating = new ArrayList<>();
      while (since(start) < firstToken + WATCHED_SECONDS) {
        generating.add(step(peer, GENERATE, start));
        reading.add(step(peer, READ, start));
      }
      return new StartUp(opened, firstToken, Math.max(fullSpeed(reading), fullSpeed(generating)));
    }
  }

  private static void open(Peer peer, Path file) {
    int context = READ.context();
    peer.ask("open 1 %d %d %s".formatted(context, context, file));
  }

  private static Step step(Peer peer, Workload workload, long start) {
    double rate = workload.rate(peer.measure(workload.command()));
    return new Step(since(start), rate);
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  /**
   * When the first step ended that was nearly as fast as the median of the last half.
   *
   * @param steps what was done, in order, at least one
   */
  static double fullSpeed(List<Step> steps) {
    List<Double> last =
        steps.subList(steps.size() / 2, steps.size()).stream().map(Step::rate).toList();
    double wanted = NEARLY * new Samples(last).median();
    return steps.stream().filter(step -> step.rate >= wanted).findFirst().orElseThrow().end;
  }
}
