// SPDX-License-Identifier: Apache-2.0
package org.moe4j.schedule;

import java.util.List;

/** Finds the first stop string in streamed text and holds back what may become one. */
final class StopMatcher {

  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  StopMatcher(List<String> stops) {
    this.stops = List.copyOf(stops);
  }

  /** Whether a stop string was found; what came after its beginning is dropped. */
  boolean stopped() {
    return stopped;
  }

  /**
   * Takes more text and returns what can be shown: it is not, and does not begin, a stop string.
   */
  String add(String text) {
    if (stops.isEmpty()) {
      return text;
    }
    held.append(text);
    int found = -1;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      if (at >= 0 && (found < 0 || at < found)) {
        found = at;
      }
    }
    stopped = found >= 0;
    return release(stopped ? found : firstUndecided());
  }

  /** What was held back: nothing more comes. */
  String finish() {
    return stopped ? "" : release(held.length());
  }

  private String release(int end) {
    String shown = held.substring(0, end);
    held.delete(0, end);
    return shown;
  }

  /** Start of the longest suffix that begins a stop string. */
  private int firstUndecided() {
    int first = held.length();
    for (String stop : stops) {
      for (int length = Math.min(stop.length() - 1, held.length());
          length > held.length() - first;
          length--) {
        if (stop.startsWith(held.substring(held.length() - length))) {
          first = held.length() - length;
          break;
        }
      }
    }
    return first;
  }
}
