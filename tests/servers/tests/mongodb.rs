//! MongoDB sets of a test's own.
#![expect(clippy::unwrap_used, reason = "a suite fails where it meets what it does not expect")]

use authsome_test_servers::MongoSet;
use bson::doc;

fn insert(set: &MongoSet, member: usize, number: i32) {
    let durable = doc! { "w": "majority", "j": true };
    let insert = doc! { "insert": "t", "documents": [{ "_id": number }], "$db": "law", "writeConcern": durable };
    assert_eq!(set.command(member, insert).unwrap().get_i32("n").unwrap(), 1);
}

fn count(set: &MongoSet, member: usize) -> i32 {
    let count = doc! { "count": "t", "query": {}, "$db": "law" };
    set.command(member, count).unwrap().get_i32("n").unwrap()
}

fn lives(pid: u32) -> bool {
    let kill = std::process::Command::new("kill").args(["-0", &pid.to_string()]).output();
    kill.unwrap().status.success()
}

#[test]
fn a_set_of_one_has_fail_points_and_keeps_what_was_acknowledged_over_a_kill() {
    let mut set = MongoSet::start(1).unwrap();
    insert(&set, 0, 1);
    let point = doc! { "configureFailPoint": "failCommand", "mode": "off" };
    let _ = set.command(0, point).unwrap();
    let killed = set.pid(0).unwrap();

    set.kill(0).unwrap();
    assert!(set.pid(0).is_none() && !lives(killed));
    assert!(set.command(0, doc! { "hello": 1 }).is_err());
    set.start_again(0).unwrap();
    assert_eq!((set.primary(), count(&set, 0)), (Some(0), 1));

    let pid = set.pid(0).unwrap();
    drop(set);
    assert!(!lives(pid));
}

#[test]
fn a_set_of_three_elects_another_primary_and_takes_the_killed_member_back() {
    let mut set = MongoSet::start(3).unwrap();
    let first = set.wait_for_primary().unwrap();
    insert(&set, first, 1);
    assert_eq!(set.kill_primary().unwrap(), first);
    let second = set.wait_for_primary().unwrap();
    assert_ne!(first, second);
    insert(&set, second, 2);
    assert_eq!(count(&set, second), 2);
    set.start_again(first).unwrap();
    assert!(set.command(first, doc! { "hello": 1 }).is_ok());
}

#[test]
fn a_set_has_as_many_members_as_can_vote() {
    assert!(MongoSet::start(0).is_err() && MongoSet::start(8).is_err());
}
