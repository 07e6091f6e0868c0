//! The command line itself.

use std::io::{self, ErrorKind, Write};

use bicoastal_cli::{Io, NoArgs, run_from};
use bicoastal_model::Stack;
use expect_test::expect;

use crate::common::cloud::Fake;
use crate::common::kinds::Zone;
use crate::common::run::{Bench, shop};

#[test]
fn help_says_everything() {
    Bench::new().check("--help", expect![[r#"
        $ shop --help
        Plans and applies what this program declares. Without a verb: plan, apply, plan again.

        Usage: shop [OPTIONS] [VERB]

        Verbs:
          plan     Show what would change; changes nothing
          apply    Make the cloud as the program wants it
          destroy  Delete everything that the stack has made
          drift    Show what somebody else changed or added
          outputs  Show the stack's outputs as they were when it was last applied
          graph    Draw the resources and what refers to what
          import   Take what others made over into state, as a resource that the program declares
          state    Look at what is recorded, or correct it

        Options:
          -h, --help
                  Print help (see a summary with '-h')

        Flags of every program:
          -y, --yes
                  Answer every question with yes, destructive ones included

              --json
                  Write JSON to stdout, for scripts

              --detailed-exitcode
                  Exit with 0 if there is nothing to do, 2 if there are changes, 1 on errors

              --only <ID>
                  Only this resource and what it depends on (may be repeated)

              --replace <ID>
                  Replace this resource although nothing asks for it (may be repeated)

              --unprotect <ID>
                  Lift the protection of this resource, and AWS's own guards on it (may be repeated)

              --without-unseen
                  Go on without what can't be reached: it is left as it is and settled by a later run

              --stack <NAME>
                  Work on the stack of this name [default: the program's own]

              --state-dir <DIR>
                  Where state is kept, one directory per stack [default: .bicoastal; on AWS .bicoastal/aws]

              --state <PLACE>
                  Where state is kept instead: file:DIR, s3://BUCKET/PREFIX?region=REGION, dynamodb://TABLE?region=REGION

              --wait[=<DURATION>]
                  Wait for another run that works on the same stack, at most so long (90s, 10m, 1h) [default: not at all; without a duration: as long as it takes]

              --cloud <CLOUD>
                  Which cloud [default: local]

                  Possible values:
                  - local: The embedded local AWS: no account, nothing to install
                  - aws:   AWS itself, with the default credential chain

              --local-dir <DIR>
                  Where the embedded local AWS is kept [default: .bicoastal/local]

              --endpoint-url <URL>
                  Talk to an emulator at this URL instead

              --profile <NAME>
                  A profile of the shared AWS configuration (with --cloud aws)

              --no-color
                  No colours (nor with NO_COLOR set, nor when not on a terminal)
        --- exit 0
    "#]]);
    Bench::new().check("state --help", expect![[r#"
        $ shop state --help
        Look at what is recorded, or correct it

        Usage: shop state [OPTIONS] <COMMAND>

        Commands:
          list     List everything that is recorded
          show     Show what is recorded of one resource
          rm       Forget a resource: it stays in AWS
          recover  Make a lost or damaged state again, from the marks on what is in AWS
          mv       Give a resource another id, without touching AWS
          migrate  Move the whole state to another place; whoever uses the old one is told where it went

        Options:
          -h, --help
                  Print help (see a summary with '-h')

        Flags of every program:
          -y, --yes
                  Answer every question with yes, destructive ones included

              --json
                  Write JSON to stdout, for scripts

              --detailed-exitcode
                  Exit with 0 if there is nothing to do, 2 if there are changes, 1 on errors

              --only <ID>
                  Only this resource and what it depends on (may be repeated)

              --replace <ID>
                  Replace this resource although nothing asks for it (may be repeated)

              --unprotect <ID>
                  Lift the protection of this resource, and AWS's own guards on it (may be repeated)

              --without-unseen
                  Go on without what can't be reached: it is left as it is and settled by a later run

              --stack <NAME>
                  Work on the stack of this name [default: the program's own]

              --state-dir <DIR>
                  Where state is kept, one directory per stack [default: .bicoastal; on AWS .bicoastal/aws]

              --state <PLACE>
                  Where state is kept instead: file:DIR, s3://BUCKET/PREFIX?region=REGION, dynamodb://TABLE?region=REGION

              --wait[=<DURATION>]
                  Wait for another run that works on the same stack, at most so long (90s, 10m, 1h) [default: not at all; without a duration: as long as it takes]

              --cloud <CLOUD>
                  Which cloud [default: local]

                  Possible values:
                  - local: The embedded local AWS: no account, nothing to install
                  - aws:   AWS itself, with the default credential chain

              --local-dir <DIR>
                  Where the embedded local AWS is kept [default: .bicoastal/local]

              --endpoint-url <URL>
                  Talk to an emulator at this URL instead

              --profile <NAME>
                  A profile of the shared AWS configuration (with --cloud aws)

              --no-color
                  No colours (nor with NO_COLOR set, nor when not on a terminal)
        --- exit 0
    "#]]);
}

#[test]
fn mistakes_are_errors_and_not_changes() {
    Bench::new().check(
        "aply",
        expect![[r#"
        $ shop aply
        --- stderr
        error: unrecognized subcommand 'aply'

          tip: a similar subcommand exists: 'apply'

        Usage: shop [OPTIONS] [VERB]

        For more information, try '--help'.
        --- exit 1
    "#]],
    );
    Bench::new().check(
        "plan --onyl zone",
        expect![[r#"
        $ shop plan --onyl zone
        --- stderr
        error: unexpected argument '--onyl' found

          tip: a similar argument exists: '--only'

        Usage: shop plan --only <ID>

        For more information, try '--help'.
        --- exit 1
    "#]],
    );
}

#[test]
fn flags_that_mean_nothing() {
    let mut all = String::new();
    for line in [
        "graph --json",
        "outputs --replace zone",
        "state list --only zone",
        "drift --unprotect zone",
        "destroy --replace zone",
        "--json",
        "apply --plan $DIR/plan --only zone",
        "plan --endpoint-url http://127.0.0.1:5000 --cloud local",
        "plan --local-dir $DIR --cloud aws",
        "plan --profile work",
        "--stack a/b plan",
        "--stack .. plan",
    ] {
        let ran = Bench::new().run(line);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{line}");
        all.push_str(&format!("{line}\n  {}\n", ran.err.lines().next().unwrap()));
    }
    expect![[r#"
        graph --json
          error: --json means nothing to 'graph'
        outputs --replace zone
          error: --replace means nothing to 'outputs'
        state list --only zone
          error: --only means nothing to 'state'
        drift --unprotect zone
          error: --unprotect means nothing to 'drift'
        destroy --replace zone
          error: --replace means nothing to 'destroy'
        --json
          error: --json means nothing to a run without a verb
        apply --plan $DIR/plan --only zone
          error: --only means nothing to 'apply --plan', which does what the plan says
        plan --endpoint-url http://127.0.0.1:5000 --cloud local
          error: --endpoint-url is another cloud than --cloud local
        plan --local-dir $DIR --cloud aws
          error: --local-dir means nothing to another cloud than the local one
        plan --profile work
          error: --profile is for --cloud aws
        --stack a/b plan
          error: 'a/b' can't be the name of a stack
        --stack .. plan
          error: '..' can't be the name of a stack
    "#]]
    .assert_eq(&all);
}

/// Named like the library's own.
#[derive(Debug, clap::Args)]
struct Flags {
    /// The domain
    #[arg(long)]
    domain: String,
    /// How many more zones
    #[arg(long, default_value_t = 0)]
    more: u32,
}

fn own(stack: &mut Stack, own: &Flags) {
    stack.global().add("zone", Zone { name: own.domain.clone(), comment: None });
    for number in 0..own.more {
        let name = format!("{number}.{}", own.domain);
        stack.global().add(format!("zone-{number}"), Zone { name, comment: None });
    }
}

#[test]
fn the_programs_own_flags_work_on_both_sides_of_the_verb() {
    for line in ["--domain a.example --more 2 plan", "plan --domain a.example --more 2"] {
        let ran = Bench::new().run_as(line, &own);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.contains("1.a.example"), "{}", ran.out);
    }
    let ran = Bench::new().run_as("plan", &own);
    assert_eq!(ran.code, 1);
    expect![[r#"
        error: the following required argument was not provided: domain

        Usage: shop [OPTIONS] [VERB]

        For more information, try '--help'.
    "#]]
    .assert_eq(&ran.err);
}

#[test]
fn where_things_are_kept() {
    let mut all = String::new();
    for line in [
        "plan",
        "plan --stack staging",
        "plan --local-dir elsewhere",
        "plan --cloud aws",
        "plan --cloud aws --profile work",
        "plan --endpoint-url http://127.0.0.1:5000",
        "plan --state-dir there",
        "plan --stack local",
        "plan --stack local --state-dir there",
    ] {
        let ran = Bench::new().run_bare(line);
        all.push_str(&format!("{line}\n  {}\n", ran.err.lines().next().unwrap()));
    }
    expect![[r#"
        plan
          shop on the local cloud in .bicoastal/local, state in .bicoastal/shop
        plan --stack staging
          staging on the local cloud in .bicoastal/local, state in .bicoastal/staging
        plan --local-dir elsewhere
          shop on the local cloud in elsewhere, state in .bicoastal/shop
        plan --cloud aws
          shop on AWS, profile None, state in .bicoastal/aws/shop
        plan --cloud aws --profile work
          shop on AWS, profile Some("work"), state in .bicoastal/aws/shop
        plan --endpoint-url http://127.0.0.1:5000
          shop on the endpoint http://127.0.0.1:5000, state in .bicoastal/shop
        plan --state-dir there
          shop on the local cloud in .bicoastal/local, state in there/shop
        plan --stack local
          error: 'local' can't be the name of a stack here: its directory is in use
        plan --stack local --state-dir there
          local on the local cloud in .bicoastal/local, state in there/local
    "#]]
    .assert_eq(&all);
}

#[test]
fn a_stack_of_another_name_is_another_stack() {
    let bench = Bench::applied();
    assert_eq!(bench.run("plan --detailed-exitcode").code, 0);
    // The same names are in use: by the first stack.
    let ran = bench.run("plan --stack staging");
    assert_eq!(ran.code, 1);
    expect![" ap-south-1/assets: phys-ap-south-1/assets-ap-south-1 exists and is another's: bc-LINEAGE-30f827cbc46081b1-1"].assert_eq(ran.err.split_once("error:").unwrap().1.lines().next().unwrap());
}

struct Broken(ErrorKind);

impl Write for Broken {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn into_broken(kind: ErrorKind) -> (u8, String) {
    let mut err = Vec::new();
    let io = Io {
        out: &mut Broken(kind),
        err: &mut err,
        input: &mut io::empty(),
        out_color: false,
        err_color: false,
        interactive: false,
        live: false,
    };
    let words = ["shop", "graph"].map(Into::into);
    let code = run_from::<NoArgs>("shop", &Fake::default(), &|stack, _| shop(stack), words, io);
    (code, String::from_utf8(err).unwrap())
}

#[test]
fn a_reader_that_went_away_is_no_error_and_a_full_disk_is() {
    assert_eq!(into_broken(ErrorKind::BrokenPipe), (0, String::new()));
    let (code, err) = into_broken(ErrorKind::StorageFull);
    assert_eq!(code, 1);
    expect![[r#"
        error: the results could not be written: no storage space
    "#]]
    .assert_eq(&err);
}
