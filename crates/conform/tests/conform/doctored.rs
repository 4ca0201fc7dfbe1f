//! A trace in which one thing was changed fails at that step and says what differs.

use crate::files;
use bondstone_conform::report::{Mismatch, Verdict};
use bondstone_conform::run::replay;
use bondstone_conform::source::Source;
use bondstone_conform::{Options, Set};
use serde_json::{Value, json};
use std::path::Path;

const CORE: (Set, &str) = (Set::Symbiotic, "symbiotic/dev/trace_examples.jsonl.gz");
const DIRECTED: (Set, &str) = (Set::Symbiotic, "symbiotic/dev/trace_d1.jsonl.gz");
const STAKER: (Set, &str) = (Set::SymbioticRewards, "symbiotic-rewards/dev/staker_001.jsonl.gz");
const OPERATOR: (Set, &str) =
    (Set::SymbioticRewards, "symbiotic-rewards/dev/operator_001.jsonl.gz");

const MERKLE: (Set, &str) = (Set::SymbioticRewards, "symbiotic-rewards/dev/v2merkle_000.jsonl.gz");
const SNAPSHOT: (Set, &str) =
    (Set::SymbioticRewards, "symbiotic-rewards/dev/v2snapshot_000.jsonl.gz");

/// Changes the first line that fits, replays the trace and returns the mismatch. It must be at
/// that line.
fn doctor(trace: (Set, &str), mirror: bool, change: impl Fn(&mut Value) -> Option<()>) -> Mismatch {
    let (set, path) = trace;
    let mut lines = files::lines(path);
    let mut changed = None;
    for (index, line) in lines.iter_mut().enumerate().skip(1) {
        let mut value: Value = serde_json::from_str(line).unwrap();
        if change(&mut value).is_some() {
            *line = value.to_string();
            changed = Some(index + 1);
            break;
        }
    }
    let source = Source::parse(Path::new("doctored"), lines.join("\n").as_bytes()).unwrap();
    let options = Options { mirror, ..files::options(set, Vec::new()) };
    let report = replay(&options, &source).unwrap();
    let Verdict::Failed(mismatch) = report.verdict else { panic!("{:?}", report.verdict) };
    assert_eq!(Some(mismatch.place.line), changed, "{mismatch:?}");
    assert!(!mismatch.call.is_empty());
    assert_ne!(mismatch.difference.expected, mismatch.difference.actual);
    *mismatch
}

fn what(trace: (Set, &str), change: impl Fn(&mut Value) -> Option<()>) -> String {
    doctor(trace, false, change).difference.what
}

/// Changes the last digit of a hexadecimal or decimal string.
fn bend(value: &mut Value) -> Option<()> {
    let text = value.as_str()?;
    let last = text.chars().next_back().filter(char::is_ascii_hexdigit)?;
    let other = if last == '1' { '2' } else { '1' };
    *value = json!(format!("{}{other}", &text[..text.len() - 1]));
    Some(())
}

/// Changes the last digit at a path.
fn bend_at<'a>(path: &'a str) -> impl Fn(&mut Value) -> Option<()> + 'a {
    move |line| bend(line.pointer_mut(path)?)
}

#[test]
fn a_wrong_byte_in_a_log_is_found() {
    let data = |line: &mut Value| {
        let data = line.pointer_mut("/logs/0/data")?;
        if data == "0x" { None } else { bend(data) }
    };
    assert!(what(CORE, data).ends_with(": data"));
    assert!(what(CORE, bend_at("/logs/0/topics/1")).ends_with(": topics"));
    assert!(what(CORE, bend_at("/logs/0/a")).ends_with(": address"));
    assert!(what(STAKER, bend_at("/logs/0/topics/1")).ends_with(": topics"));
}

#[test]
fn a_missing_log_an_added_one_and_a_wrong_order_are_found() {
    let at_least = |line: &mut Value, count: usize| {
        let logs = line.get_mut("logs")?.as_array_mut()?;
        (logs.len() >= count).then_some(()).map(|()| std::mem::take(logs))
    };
    let missing = what(CORE, |line| {
        let mut logs = at_least(line, 2)?;
        logs.pop();
        line["logs"] = Value::Array(logs);
        Some(())
    });
    assert!(missing.starts_with("one log more than"), "{missing}");
    let added = what(CORE, |line| {
        let mut logs = at_least(line, 1)?;
        logs.push(logs[0].clone());
        line["logs"] = Value::Array(logs);
        Some(())
    });
    assert!(added.ends_with(": missing"), "{added}");
    let swapped = what(CORE, |line| {
        let mut logs = at_least(line, 3)?;
        logs.swap(0, 2);
        line["logs"] = Value::Array(logs);
        Some(())
    });
    assert!(swapped.starts_with("log 1 of"), "{swapped}");
}

#[test]
fn a_wrong_return_and_wrong_revert_data_are_found() {
    let withdrawal = |line: &mut Value| {
        let function = line.get("fn")?.as_str()?;
        if function.starts_with("withdraw") { bend(line.pointer_mut("/ret/1")?) } else { None }
    };
    assert_eq!(what(DIRECTED, withdrawal), "return data");
    let too_few = |line: &mut Value| {
        let values = line.get_mut("ret")?.as_array_mut()?;
        (values.len() == 2).then(|| values.clear())
    };
    assert_eq!(what(DIRECTED, too_few), "return data");
    assert_eq!(what(DIRECTED, bend_at("/raw")), "revert data");
    assert_eq!(what(OPERATOR, bend_at("/error/data")), "revert data");
    assert_eq!(what(OPERATOR, bend_at("/ret/0")), "return data");
}

#[test]
fn a_wrong_outcome_is_found() {
    let failed = |line: &mut Value| {
        (line.get("ok")? == true && line.get("view").is_none()).then(|| {
            line["ok"] = json!(false);
            line["raw"] = json!("0x8f54ee5c");
        })
    };
    let mismatch = doctor(CORE, false, failed);
    assert_eq!(mismatch.difference.what, "outcome");
    assert_eq!(mismatch.difference.expected, "failure, NotNetwork() 0x8f54ee5c");
}

#[test]
fn a_wrong_view_is_found_in_both_modes() {
    for mirror in [false, true] {
        let key = "vault0.activeStake()";
        let mismatch = doctor(CORE, mirror, |line| {
            let reading = line.get_mut("views")?.get_mut(key)?;
            if reading == "0" { None } else { bend(reading) }
        });
        assert_eq!(mismatch.difference.what, format!("view {key}"));
    }
}

#[test]
fn a_reading_that_should_have_changed_is_found() {
    let mismatch = doctor(CORE, false, |line| {
        let views = line.get_mut("views")?.as_object_mut()?;
        let reading = views.get("vault0.activeShares()")?;
        if reading == "0" {
            return None;
        }
        views.remove("vault0.activeShares()");
        Some(())
    });
    assert_eq!(mismatch.difference.what, "view vault0.activeShares()");
    assert_eq!(mismatch.difference.expected, "0");
}

#[test]
fn a_view_that_is_said_to_revert_is_found() {
    let mismatch = doctor(CORE, false, |line| {
        *line.get_mut("views")?.get_mut("vault0.currentEpoch()")? = json!("REVERT");
        Some(())
    });
    assert_eq!(mismatch.difference.expected, "reverted");
}

#[test]
fn a_mirror_finds_logs_that_are_wrong_missing_or_of_nobody() {
    for path in ["/logs/0/data", "/logs/0/a"] {
        let deposit = |line: &mut Value| {
            let function = line.get("fn")?.as_str()?;
            if function.starts_with("deposit") { bend(line.pointer_mut(path)?) } else { None }
        };
        doctor(CORE, true, deposit);
    }
    doctor(CORE, true, |line| {
        let is_deposit = line.get("fn")?.as_str()?.starts_with("deposit");
        is_deposit.then(|| line.get_mut("logs")?.as_array_mut()?.pop()).flatten().map(|_| ())
    });
}

#[test]
fn every_reading_of_a_rewards_trace_is_compared() {
    for (path, name) in [
        ("/claimableBefore", "claimableBefore"),
        ("/recipientBalanceDelta", "recipientBalanceDelta"),
        ("/lastUnclaimedRewardAfter", "lastUnclaimedRewardAfter"),
        ("/env/activeStakeAt", "env.activeStakeAt"),
        ("/env/activeSharesOfAt/staker1", "env.activeSharesOfAt.staker1"),
        ("/final/rewards/token0~1network0/0/0", "final.rewards.token0/network0[0]"),
        ("/final/stakerBalances/token0/staker1", "final.stakerBalances.token0.staker1"),
        ("/final/adminFee", "final.adminFee"),
        ("/final/version", "final.version"),
    ] {
        assert_eq!(what(STAKER, bend_at(path)), name);
        assert_eq!(doctor(STAKER, true, bend_at(path)).difference.what, name);
    }
    for (path, name) in [
        ("/claimedBefore", "claimedBefore"),
        ("/claimedAfter", "claimedAfter"),
        ("/balanceBefore", "balanceBefore"),
        ("/balanceAfter", "balanceAfter"),
        ("/oz_tree_root", "oz_tree_root"),
        ("/distribution/0/1", "oz_tree_root"),
        ("/final/root/network1~1token0", "final.root.network1/token0"),
        ("/final/claimed/network1~1token0~1operator3", "final.claimed.network1/token0/operator3"),
        ("/final/tokenBalance/token0", "final.tokenBalance.token0"),
    ] {
        assert_eq!(what(OPERATOR, bend_at(path)), name);
    }
}

#[test]
fn every_reading_of_a_v2_trace_is_compared() {
    for (path, name) in [
        ("/leaves/1/hash", "leaves[1].hash"),
        ("/leaves/0/amount", "leaves[0].hash"),
        ("/leaves/0/rewardeeDataHash", "leaves[0].hash"),
        ("/computedRoot", "computedRoot"),
        ("/digest", "digest"),
        ("/views/protocolFee", "views.protocolFee"),
        ("/views/distributionToTotalAmount", "views.distributionToTotalAmount"),
        ("/views/totalToDistributionAmount", "views.totalToDistributionAmount"),
        ("/claimedBefore", "claimedBefore"),
        ("/final/claimed/network1~1token0~1user3~12", "final.claimed.network1/token0/user3/2"),
        ("/final/last/network0/0", "final.last.network0"),
        ("/final/last/network1/1", "final.last.network1"),
        ("/final/protocolFees/token0", "final.protocolFees.token0"),
        ("/final/tokenBalance/feeOnTransferToken", "final.tokenBalance.feeOnTransferToken"),
    ] {
        assert_eq!(what(MERKLE, bend_at(path)), name);
        assert_eq!(doctor(MERKLE, true, bend_at(path)).difference.what, name);
    }
    for (path, name) in [
        ("/env/activeSharesAt", "env.activeSharesAt"),
        ("/env/activeSharesOfAt/staker2", "env.activeSharesOfAt.staker2"),
        ("/env/operatorNetworkSharesAt/operator1", "env.operatorNetworkSharesAt.operator1"),
        ("/env/totalOperatorNetworkSharesAt", "env.totalOperatorNetworkSharesAt"),
        ("/env/operatorsFeeAt", "env.operatorsFeeAt"),
        ("/env/curatorFeeAt", "env.curatorFeeAt"),
        ("/env/protocolFee", "env.protocolFee"),
        ("/entry/0", "entry"),
        ("/entry/1", "entry"),
        ("/entry/4", "entry"),
        ("/entry/5", "entry"),
        ("/cursorBefore", "cursorBefore"),
        ("/length", "length"),
        ("/recipientBalanceDelta", "recipientBalanceDelta"),
        ("/final/rewards/token0~1network1/1/5", "final.rewards.token0/network1[1]"),
        ("/final/cursor/token0~1network0~1staker2", "final.cursor.token0/network0/staker2"),
        (
            "/final/operatorCursor/token0~1network1~1operator0",
            "final.operatorCursor.token0/network1/operator0",
        ),
        ("/final/curatorFees/token0", "final.curatorFees.token0"),
        ("/final/protocolFees/feeOnTransferToken", "final.protocolFees.feeOnTransferToken"),
        ("/final/tokenBalance/token0", "final.tokenBalance.token0"),
    ] {
        assert_eq!(what(SNAPSHOT, bend_at(path)), name);
        assert_eq!(doctor(SNAPSHOT, true, bend_at(path)).difference.what, name);
    }
}

#[test]
fn totals_that_no_log_carries_are_compared_by_the_rules_and_left_out_of_a_mirror() {
    for (path, name) in [
        ("/final/balance/network0~1token0", "final.balance.network0/token0"),
        (
            "/final/lastTotalAmount/network1~1feeOnTransferToken",
            "final.lastTotalAmount.network1/feeOnTransferToken",
        ),
    ] {
        assert_eq!(what(MERKLE, bend_at(path)), name);
    }
    // Before its first distribution a network's balance is in the logs, and a mirror tells it.
    let mut lines = files::lines(MERKLE.1);
    let closing = r#"{"final":{"balance":{"network0/token0":"3000000000000000000610"}}}"#;
    let deposited = lines.iter().position(|line| line.contains("\"distribute\"")).unwrap();
    lines.truncate(deposited);
    lines.push(closing.to_owned());
    let source = Source::parse(Path::new("short"), lines.join("\n").as_bytes()).unwrap();
    let options = Options { mirror: true, ..files::options(MERKLE.0, Vec::new()) };
    let Verdict::Failed(mismatch) = replay(&options, &source).unwrap().verdict else { panic!() };
    assert_eq!(mismatch.difference.what, "final.balance.network0/token0");
}

#[test]
fn bent_signatures_proofs_logs_and_errors_of_v2_traces_are_found() {
    let call = |name: &'static str, ok: bool| {
        move |line: &mut Value| {
            let fits = line.get("fn")? == name && line.get("ok")? == ok;
            fits.then_some(())
        }
    };
    let distribution = call("distributeCumulativeMerkleRewards", true);
    // The last byte of the rewarder's signature lies before its padding.
    let signature = |line: &mut Value| {
        distribution(line)?;
        let calldata = line.get("calldata")?.as_str()?.to_owned();
        let at = calldata.len() - 2 * 31;
        let other = if &calldata[at - 2..at] == "1b" { "1c" } else { "1b" };
        line["calldata"] = json!(format!("{}{other}{}", &calldata[..at - 2], &calldata[at..]));
        Some(())
    };
    assert_eq!(what(MERKLE, signature), "outcome");
    let fees = |line: &mut Value| {
        distribution(line)?;
        bend(line.pointer_mut("/logs/0/data")?)
    };
    assert!(what(MERKLE, fees).ends_with(": data"));
    let claim = call("claimCumulativeMerkleRewards", false);
    let error = |line: &mut Value| {
        claim(line)?;
        bend(line.pointer_mut("/error/data")?)
    };
    assert_eq!(what(MERKLE, error), "revert data");
    assert_eq!(what(MERKLE, bend_at("/ret/0")), "return data");
    let panic = |line: &mut Value| {
        (line.pointer("/error/name")? == "Panic").then_some(())?;
        bend(line.pointer_mut("/error/data")?)
    };
    assert_eq!(what(SNAPSHOT, panic), "revert data");
    let amount = |line: &mut Value| {
        call("distributeVaultSnapshotRewards", true)(line)?;
        let last = line.get_mut("logs")?.as_array_mut()?.last_mut()?;
        bend(last.get_mut("data")?)
    };
    assert!(what(SNAPSHOT, amount).ends_with(": data"));
}

#[test]
fn the_report_names_step_call_and_both_sides() {
    let mut lines = files::lines(DIRECTED.1);
    let at = lines.iter().position(|line| line.contains("\"error\":\"NotNetwork\"")).unwrap();
    lines[at] = lines[at].replace("0x8f54ee5c", "0xa741a045");
    let path = files::write("report/doctored.jsonl", lines.join("\n"));
    let good = files::write("report/good.jsonl", files::lines(CORE.1).join("\n"));
    let paths = vec![path.clone(), good];
    let (exit, out) = files::printed(&files::options(Set::Symbiotic, paths.clone()));
    assert_eq!(exit.code(), 1);
    let shown: Vec<_> = out.lines().collect();
    assert!(shown[0].starts_with("FAIL  "), "{out}");
    assert_eq!(shown[1], format!("  step 0 at 1750000000 ({}:{})", path.display(), at + 1));
    assert_eq!(shown[2], "  call      net0 -> networkMiddlewareService.setMiddleware(mw0)");
    assert_eq!(shown[3], "  differs   revert data");
    assert_eq!(shown[4], "  expected  failure, AlreadySet() 0xa741a045");
    assert_eq!(shown[5], "  actual    failure, NotNetwork() 0x8f54ee5c");
    assert!(shown[6].starts_with("ok    "), "the next trace is replayed too: {out}");
    assert_eq!(shown.last(), Some(&"1 passed, 1 failed"));

    let json = Options { json: true, ..files::options(Set::Symbiotic, paths) };
    let (_, out) = files::printed(&json);
    let objects: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects[0]["detail"]["differs"], "revert data");
    assert_eq!(objects[1]["verdict"], "passed");
    assert_eq!((&objects[2]["passed"], &objects[2]["failed"]), (&json!(1), &json!(1)));
}
