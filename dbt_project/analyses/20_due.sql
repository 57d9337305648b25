-- zh: 哪些数据逾期未报、被拒收、在查询或待反馈，各归谁负责？
-- en: What is overdue, refused, in query or waits for feedback, and whose task is it?
select
    ledger.data_set_title_zh,
    ledger.owner,
    ledger.period_label_zh,
    ledger.due_on,
    state.name_zh as state_zh,
    ledger.overdue_days,
    ledger.refusal_zh,
    ledger.note_zh
from core.delivery_ledger as ledger
inner join meta.code as state
    on
        state.code_list = 'delivery_state'
        and ledger.state = state.code
where ledger.state in ('overdue', 'refused', 'in_query', 'pending_feedback')
order by ledger.due_on asc nulls last, ledger.data_set_id asc, ledger.period_end asc
