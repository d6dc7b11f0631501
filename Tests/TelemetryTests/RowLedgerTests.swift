import Telemetry
import Testing

struct RowLedgerTests {
    @Test func everyRowIsInOnePlace() {
        var ledger = RowLedger()
        #expect(ledger.holds)
        ledger.write(10, inBatch: 10)
        ledger.move(10, from: .batch, to: .queue)
        ledger.write(5, inBatch: 5)
        ledger.move(10, from: .queue, to: .insert)
        #expect(ledger.holds)
        #expect(ledger.inFlight == 15)
        ledger.store(7, from: .insert)
        ledger.lose(3, from: .insert, .storeRejected)
        #expect(ledger.holds)
        #expect([ledger.written, ledger.stored, ledger.inFlight] == [15, 7, 5])
        #expect(ledger.rows(in: .batch) == 5)
        #expect(ledger.lost == [.storeRejected: 3])
    }

    @Test func aRowThatNobodyCountedShows() {
        var ledger = RowLedger()
        // The batch holds a row that no decoder wrote.
        ledger.write(10, inBatch: 11)
        #expect(!ledger.holds)
        ledger = RowLedger()
        ledger.write(10, inBatch: 10)
        // Stored twice.
        ledger.store(10, from: .batch)
        ledger.store(10, from: .batch)
        #expect(!ledger.holds)
    }

    @Test func datagramsAreOneSumAndRecordsAnother() {
        var report = LossReport(read: 10, decoded: 7)
        report.lostBefore = [.kernelDrop: 4, .notAllowed: 2, .malformed: 1, .noTemplate: 9, .rejectedRecord: 3]
        #expect(report.arrived == 14)
        #expect(report.lost(.datagrams) == 7)
        #expect(report.lost(.sets) == 9)
        #expect(report.datagramsHold)
        report.decoded = 8
        #expect(!report.datagramsHold)
        report.decoder.records = 30
        report.decoder.reverseRows = 1
        report.decoder.events = 2
        report.decoder.rows = 26
        #expect(report.recordsHold)
    }

    @Test func whatTheKernelDroppedWasNotLostOnTheWayHere() {
        var estimates = LossReport.Estimates()
        estimates.missingRows = 100
        estimates.kernelDropRows = 30
        #expect(estimates.rowsBeforeUs == 70)
        estimates.kernelDropRows = 101
        #expect(estimates.rowsBeforeUs == 0)
    }

    @Test func singleRecordsAreNoAlarm() {
        var report = LossReport(read: 1, decoded: 1)
        report.lostBefore = [.rejectedRecord: 1]
        #expect(!report.isAnythingLost)
        report.lostBefore[.noTemplate] = 1
        #expect(report.isAnythingLost)
    }

    @Test func everyPlaceAndReasonHasItsStage() {
        let stages = LossReport().stages
        #expect(stages.map(\.stage) == LossStage.allCases)
        let names = Set(stages.flatMap(\.figures).map(\.name))
        #expect(RowPlace.allCases.allSatisfy { names.contains($0.rawValue) })
    }
}
