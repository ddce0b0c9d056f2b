// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** What a comparison found so far; it tells the console as it goes. */
final class Journal {

  private final PrintWriter console;
  private final List<String> engines = new ArrayList<>();
  private final List<Result> results = new ArrayList<>();
  private final List<Finding> findings = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

  Journal(PrintWriter console) {
    this.console = console;
  }

  /** Tells the console only. */
  void say(String text) {
    console.println(text);
    console.flush();
  }

  /** Keeps what could not be measured, and why. */
  void remark(String text) {
    remarks.add(text);
    say(text);
  }

  /** Keeps the description of an engine. */
  void engine(String description) {
    engines.add(description);
  }

  /** Keeps what an engine did on a workload. */
  void result(Result result) {
    results.add(result);
  }

  /** Keeps what else was measured. */
  void finding(Finding finding) {
    findings.add(finding);
  }

  /** All of it, and where it was measured. */
  Report report(Machine machine) {
    return new Report(machine, engines, results, findings, remarks);
  }
}
